// A command that comes over the broker, on its way from the MQTT client's thread to the main thread.

using Crime.Recordings;

namespace Crime.Device.Offload;

/// <summary>Holds the newest command. Thread-safe.</summary>
internal sealed class RemoteCommands
{
    private readonly object _lock = new object();
    private string _command;

    /// <summary>Notes a command. It replaces one that has not been taken.</summary>
    /// <param name="payload">Foreign bytes.</param>
    /// <returns>False when they are no command.</returns>
    public bool TryOffer(byte[] payload)
    {
        if (payload.Length > SequenceLines.MostCommandBytes) return false;
        var letters = new char[payload.Length];
        for (int i = 0; i < letters.Length; i++)
        {
            if (payload[i] < ' ' || payload[i] > '~') return false;
            letters[i] = (char)payload[i];
        }
        var command = new string(letters);
        lock (_lock) _command = command;
        return true;
    }

    /// <summary>Returns the newest command once; null when there is none.</summary>
    public string Take()
    {
        lock (_lock)
        {
            string command = _command;
            _command = null;
            return command;
        }
    }
}
