// nanoFramework.System.Device.I2c: a bus on which the host has put its peripherals.

using Crime.VirtualBoard.Boards;

namespace System.Device.I2c;

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

/// <summary>Outcome of a transfer.</summary>
public enum I2cTransferStatus
{
    /// <summary>Everything was transferred.</summary>
    FullTransfer = 0,

    /// <summary>The device stretched the clock for too long.</summary>
    ClockStretchTimeout = 1,

    /// <summary>The device stopped acknowledging.</summary>
    PartialTransfer = 2,

    /// <summary>Nothing answers at the address.</summary>
    SlaveAddressNotAcknowledged = 3,

    /// <summary>Something else failed.</summary>
    UnknownError = 4,
}

/// <summary>Outcome of a transfer.</summary>
public struct I2cTransferResult
{
    internal I2cTransferResult(I2cTransferStatus status, uint bytesTransferred)
    {
        Status = status;
        BytesTransferred = bytesTransferred;
    }

    /// <summary>Bytes transferred.</summary>
    public uint BytesTransferred { get; }

    /// <summary>What happened.</summary>
    public I2cTransferStatus Status { get; }
}

/// <summary>Where a device is.</summary>
public sealed class I2cConnectionSettings
{
    /// <summary>A device on a bus.</summary>
    public I2cConnectionSettings(int busId, int deviceAddress, I2cBusSpeed busSpeed)
    {
        BusId = busId;
        DeviceAddress = deviceAddress;
        BusSpeed = busSpeed;
    }

    /// <summary>The bus.</summary>
    public int BusId { get; }

    /// <summary>The device's address.</summary>
    public int DeviceAddress { get; }

    /// <summary>The bus speed.</summary>
    public I2cBusSpeed BusSpeed { get; }
}

/// <summary>A device on the bus.</summary>
public class I2cDevice : IDisposable
{
    private readonly Board _board = Board.Running;

    private I2cDevice(I2cConnectionSettings settings) => ConnectionSettings = settings;

    /// <summary>Where the device is.</summary>
    public I2cConnectionSettings ConnectionSettings { get; }

    /// <summary>Opens a device.</summary>
    public static I2cDevice Create(I2cConnectionSettings settings) => new(settings);

    /// <summary>Writes bytes.</summary>
    public I2cTransferResult Write(SpanByte buffer) => Transfer(buffer, default);

    /// <summary>Writes, then reads after a repeated start.</summary>
    public I2cTransferResult WriteRead(SpanByte writeBuffer, SpanByte readBuffer) => Transfer(writeBuffer, readBuffer);

    /// <summary>Closes the device.</summary>
    public void Dispose()
    {
    }

    private I2cTransferResult Transfer(SpanByte writeBuffer, SpanByte readBuffer)
    {
        int bytes = writeBuffer.Length + readBuffer.Length;
        // Nine clocks a byte, the address before each direction included.
        int clocks = 9 * (bytes + (writeBuffer.Length > 0 ? 1 : 0) + (readBuffer.Length > 0 ? 1 : 0));
        int clocksPerMs = ConnectionSettings.BusSpeed switch { I2cBusSpeed.FastMode => 400, I2cBusSpeed.FastModePlus => 1000, _ => 100 };
        // The driver is native and returns when the transfer is over: no other thread runs meanwhile.
        _board.Clock.Occupy(clocks * 1000L / clocksPerMs);
        if (_board.Peripheral(ConnectionSettings.DeviceAddress) is not { } peripheral)
            return new I2cTransferResult(I2cTransferStatus.SlaveAddressNotAcknowledged, 0);
        if (writeBuffer.Length > 0) peripheral.Write(writeBuffer.AsSpan());
        if (readBuffer.Length > 0) peripheral.Read(readBuffer.AsSpan());
        return new I2cTransferResult(I2cTransferStatus.FullTransfer, (uint)bytes);
    }
}
