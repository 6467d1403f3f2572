// Stand-in for the I2C bus on a host: no device acknowledges its address, as on a board without sensors.

namespace System.Device.I2c
{
    /// <summary>Speed of the bus.</summary>
    public enum I2cBusSpeed
    {
        /// <summary>100 kHz.</summary>
        StandardMode = 0,

        /// <summary>400 kHz.</summary>
        FastMode = 1,

        /// <summary>1 MHz.</summary>
        FastModePlus = 2,
    }

    /// <summary>Result of a transfer.</summary>
    public enum I2cTransferStatus
    {
        /// <summary>All bytes were transferred.</summary>
        FullTransfer = 0,

        /// <summary>The device stretched the clock for too long.</summary>
        ClockStretchTimeout = 1,

        /// <summary>The device stopped acknowledging.</summary>
        PartialTransfer = 2,

        /// <summary>No device acknowledged the address.</summary>
        SlaveAddressNotAcknowledged = 3,

        /// <summary>Another error.</summary>
        UnknownError = 4,
    }

    /// <summary>Result of a transfer.</summary>
    public struct I2cTransferResult
    {
        private readonly uint _bytesTransferred;
        private readonly I2cTransferStatus _status;

        internal I2cTransferResult(I2cTransferStatus status, uint bytesTransferred)
        {
            _status = status;
            _bytesTransferred = bytesTransferred;
        }

        /// <summary>Number of bytes transferred.</summary>
        public uint BytesTransferred => _bytesTransferred;

        /// <summary>Whether the transfer succeeded, or why not.</summary>
        public I2cTransferStatus Status => _status;
    }

    /// <summary>Address of a device and the speed of its bus.</summary>
    public sealed class I2cConnectionSettings
    {
        /// <summary>Sets bus, address and speed.</summary>
        public I2cConnectionSettings(int busId, int deviceAddress, I2cBusSpeed busSpeed)
        {
            BusId = busId;
            DeviceAddress = deviceAddress;
            BusSpeed = busSpeed;
        }

        /// <summary>Number of the bus.</summary>
        public int BusId { get; }

        /// <summary>Address of the device.</summary>
        public int DeviceAddress { get; }

        /// <summary>Speed of the bus.</summary>
        public I2cBusSpeed BusSpeed { get; }
    }

    /// <summary>A device on the bus.</summary>
    public sealed class I2cDevice : IDisposable
    {
        /// <summary>Sets bus, address and speed.</summary>
        public I2cDevice(I2cConnectionSettings settings) => ConnectionSettings = settings;

        /// <summary>Address of the device and the speed of its bus.</summary>
        public I2cConnectionSettings ConnectionSettings { get; }

        /// <summary>Opens a device.</summary>
        public static I2cDevice Create(I2cConnectionSettings settings) => new I2cDevice(settings);

        /// <summary>Reads bytes. No device answers.</summary>
        public I2cTransferResult Read(SpanByte buffer) => NotAcknowledged();

        /// <summary>Writes bytes. No device answers.</summary>
        public I2cTransferResult Write(SpanByte buffer) => NotAcknowledged();

        /// <summary>Writes, then reads after a repeated start. No device answers.</summary>
        public I2cTransferResult WriteRead(SpanByte writeBuffer, SpanByte readBuffer) => NotAcknowledged();

        /// <summary>Closes the device.</summary>
        public void Dispose()
        {
        }

        private static I2cTransferResult NotAcknowledged() => new I2cTransferResult(I2cTransferStatus.SlaveAddressNotAcknowledged, 0);
    }
}
