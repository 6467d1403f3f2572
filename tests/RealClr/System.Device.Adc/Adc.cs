// Stand-in for the ADC on a host: nothing is connected to any channel.

namespace System.Device.Adc
{
    /// <summary>A channel that was opened.</summary>
    public sealed class AdcChannel : IDisposable
    {
        internal AdcChannel()
        {
        }

        /// <summary>Reads the channel. Returns 0.</summary>
        public int ReadValue() => 0;

        /// <summary>Closes the channel.</summary>
        public void Dispose()
        {
        }
    }

    /// <summary>The ADC of the chip.</summary>
    public sealed class AdcController
    {
        /// <summary>Opens a channel.</summary>
        public AdcChannel OpenChannel(int channelNumber) => new AdcChannel();
    }
}
