// nanoFramework.System.Device.Adc: channels whose voltage the host sets.

using Crime.VirtualBoard.Boards;

namespace System.Device.Adc;

/// <summary>A channel that was opened.</summary>
public class AdcChannel : IDisposable
{
    // A conversion of the ESP32 with its driver: an estimate.
    private const long ConversionUs = 50;

    private readonly Board _board = Board.Running;
    private readonly int _channel;

    internal AdcChannel(int channel) => _channel = channel;

    /// <summary>Reads the channel.</summary>
    /// <returns>0 to 4095.</returns>
    public int ReadValue()
    {
        _board.Clock.Occupy(ConversionUs);
        return Math.Clamp(_board.AdcValue(_channel, _board.Clock.NowUs()), 0, AdcController.LargestValue);
    }

    /// <summary>Closes the channel.</summary>
    public void Dispose()
    {
    }
}

/// <summary>The ADC of the chip.</summary>
public class AdcController
{
    // 12 bits.
    internal const int LargestValue = 4095;

    private const int ChannelCount = 20;

    /// <summary>Opens a channel.</summary>
    public AdcChannel OpenChannel(int channelNumber)
    {
        if (channelNumber is < 0 or >= ChannelCount) throw new ArgumentOutOfRangeException(nameof(channelNumber));
        return new AdcChannel(channelNumber);
    }
}
