// The trial of a model that took the place of another one. A model may be good as a file and still end the board, or need more memory than there
// is. So the attempts to run it are counted on the flash, until it has given results.

using System;
using System.IO;
using Crime.Binary;

namespace Crime.Device.Models;

/// <summary>Counts the attempts to run a new model. Used by the main thread.</summary>
/// <remarks>
/// The record has 12 bytes: checksum of the model's image (u32), attempts (u8), results (u8), 1 when a kernel is needed (u8), 0 (u8), CRC-32 of all before.
/// </remarks>
internal sealed class ModelTrial
{
    /// <summary>The record of the trial.</summary>
    public const string Path = @"I:\trial.bin";

    /// <summary>Attempts without a result after which the model before is put back.</summary>
    public const int MostAttempts = 3;

    /// <summary>Results after which the trial is over.</summary>
    public const int ResultsUntilPassed = 3;

    /// <summary>Time in µs without a failure after which the trial of a board without inputs is over: ten minutes.</summary>
    public const long PassedUs = 600_000_000;

    private const int Size = 12;

    private uint _checksum;
    private int _attempts;
    private int _results;
    private long _startUs;

    /// <summary>True when the board computed the model before, so that one that leaves no room for a kernel has failed.</summary>
    public bool NeedsKernel { get; private set; }

    /// <summary>True while the model in use is on trial.</summary>
    public bool IsOn { get; private set; }

    /// <summary>Writes the record of a model that is about to take the place of the one in use.</summary>
    /// <param name="checksum">Checksum of its image.</param>
    /// <param name="needsKernel">True when the board has computed the model before: then it has to compute this one, too.</param>
    /// <exception cref="IOException">The flash refuses it.</exception>
    public static void Begin(uint checksum, bool needsKernel) => Write(checksum, 0, 0, needsKernel);

    /// <summary>Starts an attempt to run the model of the flash, and counts it if the model is on trial.</summary>
    /// <param name="isCounted">False when the board wakes up from a deep sleep: it has not failed then.</param>
    /// <returns>False when the model on trial has had all its attempts.</returns>
    public bool TryStart(bool isCounted)
    {
        IsOn = TryRead() && ModelStore.HasOld;
        if (!IsOn)
        {
            // A loss of power may have left them.
            if (ModelStore.Checksum() != 0) End();
            return true;
        }
        _startUs = Clock.NowUs();
        if (!isCounted) return true;
        if (_attempts >= MostAttempts) return false;
        _attempts++;
        TryWrite();
        return true;
    }

    /// <summary>Counts a result of the model on trial. The attempts before it are forgiven: only failures in sequence count.</summary>
    public void OnResult()
    {
        if (!IsOn) return;
        _results++;
        _attempts = 0;
        if (_results >= ResultsUntilPassed) End();
        else TryWrite();
    }

    /// <summary>Ends the trial of a model that has run for long enough.</summary>
    public void Poll()
    {
        if (IsOn && Clock.NowUs() - _startUs >= PassedUs) End();
    }

    /// <summary>Ends the trial. The model before is deleted, if it is still there.</summary>
    public void End()
    {
        IsOn = false;
        FlashFile.Delete(Path);
        FlashFile.Delete(ModelStore.OldPath);
    }

    private bool TryRead()
    {
        try
        {
            byte[] bytes = File.Exists(Path) ? FlashFile.ReadAt(Path, 0, Size) : null;
            if (bytes == null || !Sealed.IsWhole(bytes)) return false;
            _checksum = LittleEndian.ReadUInt32(bytes, 0);
            _attempts = bytes[4];
            _results = bytes[5];
            NeedsKernel = bytes[6] != 0;
            return _checksum == ModelStore.Checksum();
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private void TryWrite()
    {
        try
        {
            Write(_checksum, _attempts, _results, NeedsKernel);
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception)
        {
            // A flash that cannot be written keeps the old count.
        }
    }

    private static void Write(uint checksum, int attempts, int results, bool needsKernel)
    {
        var bytes = new byte[Size];
        LittleEndian.WriteUInt32(bytes, 0, checksum);
        bytes[4] = (byte)attempts;
        bytes[5] = (byte)results;
        bytes[6] = (byte)(needsKernel ? 1 : 0);
        Sealed.Seal(bytes);
        File.WriteAllBytes(Path, bytes);
    }
}
