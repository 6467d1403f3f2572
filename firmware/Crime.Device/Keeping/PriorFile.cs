// The file of priors on the flash: what the board knew of its gateways before a restart.

using System;
using System.IO;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Mapping;
using Crime.Model;
using Crime.Node;

namespace Crime.Device.Keeping;

/// <summary>Reads the priors at a start, and writes them rarely. Used by the main thread, between two inputs.</summary>
internal sealed class PriorFile
{
    /// <summary>Where it lies on the board's flash.</summary>
    public const string Path = @"I:\priors.bin";

    private readonly SerialConsole _console;
    private readonly InputFlow _flow;
    private readonly uint _place;

    /// <summary>Makes the file of a board.</summary>
    /// <param name="settings">The board and its broker.</param>
    /// <param name="console">Receives a line when the file is read, or ignored.</param>
    /// <param name="flow">Has the cost of waking the radio, and counts the energy of writing.</param>
    public PriorFile(BoardSettings settings, SerialConsole console, InputFlow flow)
    {
        _console = console;
        _flow = flow;
        _place = PriorMemory.PlaceOf(settings.BoardId, settings.BrokerHost, settings.BrokerPort);
    }

    /// <summary>Decides when the file is compared with what the board knows.</summary>
    public PriorSchedule Schedule { get; } = new PriorSchedule();

    /// <summary>Gives an engine that knows no gateway what the file has. A file that is damaged or foreign is ignored.</summary>
    /// <param name="engine">The engine; the radio is not up yet.</param>
    /// <param name="model">Its model; null when there is none.</param>
    /// <returns>True when the engine knows a gateway now.</returns>
    public bool Restore(MappingEngine engine, ModelFile model)
    {
        if (model == null) return false;
        byte[] bytes = Load(model.Id, out string problem);
        if (problem != null) _console.WriteLine("priors: ignored, because they are " + problem);
        if (bytes == null) return false;
        long ageUs = PriorMemory.AgeUs(bytes, Clock.UtcSeconds());
        if (_flow.Radio != null && PriorMemory.RadioUpUs(bytes) > 0) _flow.Radio.Cost.Restore(PriorMemory.RadioUpUs(bytes));
        int count = PriorMemory.Restore(engine, bytes, ageUs, _flow.Radio == null ? null : _flow.Radio.Cost, Clock.NowUs());
        string age = ageUs == PriorMemory.UnknownAgeUs ? "of unknown age" : (ageUs / 1_000_000).ToString() + " s old";
        _console.WriteLine("priors: " + count.ToString() + " gateways, " + age);
        return count > 0;
    }

    /// <summary>Writes the file if that is due, and if the file says something else than the board knows.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="model">Its model; null when there is none.</param>
    public void Poll(MappingEngine engine, ModelFile model)
    {
        long startUs = Clock.NowUs();
        if (model == null || !Schedule.IsDue(engine, startUs)) return;
        Schedule.OnLook(startUs);
        int radioUpUs = _flow.Radio == null ? 0 : _flow.Radio.Cost.TimeUs;
        byte[] fresh = PriorMemory.Save(engine, model.Id, _place, radioUpUs, Clock.UtcSeconds(), startUs);
        byte[] old = Load(model.Id, out _);
        if (old == null || PriorMemory.IsNoticeablyOther(fresh, old)) Write(fresh);
        _flow.Background.OnCompute(Clock.NowUs() - startUs);
    }

    private byte[] Load(uint modelId, out string problem)
    {
        problem = null;
        try
        {
            if (!File.Exists(Path)) return null;
            byte[] bytes = File.ReadAllBytes(Path);
            problem = PriorMemory.Check(bytes, modelId, _place);
            return problem == null ? bytes : null;
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception e)
        {
            problem = "not readable: " + e.Message;
            return null;
        }
    }

    private void Write(byte[] bytes)
    {
        try
        {
            File.WriteAllBytes(Path, bytes);
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception e)
        {
            // A file that was written by half is ignored at the next start.
            _console.WriteLine("priors: not written: " + e.Message);
        }
    }
}
