// Registers of 8 bits behind an I2C address, as most sensors have them. One transfer for each call; the buffers are kept.

using System;
using System.Device.I2c;

namespace Crime.Device.Sensors;

/// <summary>Reads and writes the registers of a device.</summary>
internal sealed class I2cRegisters
{
    private readonly I2cDevice _device;
    private readonly byte[] _address = new byte[1];
    private readonly byte[] _answer = new byte[1];
    private readonly byte[] _command = new byte[2];

    /// <summary>Uses a device on the bus.</summary>
    /// <param name="device">The device.</param>
    public I2cRegisters(I2cDevice device) => _device = device;

    /// <summary>Writes a register.</summary>
    /// <returns>False when the device did not answer.</returns>
    public bool Write(byte register, int value)
    {
        _command[0] = register;
        _command[1] = (byte)value;
        return _device.Write(_command).Status == I2cTransferStatus.FullTransfer;
    }

    /// <summary>Reads a register.</summary>
    /// <returns>False when the device did not answer.</returns>
    public bool Read(byte register, out int value)
    {
        bool isRead = Read(register, _answer);
        value = _answer[0];
        return isRead;
    }

    /// <summary>Fills an array from a register on.</summary>
    /// <returns>False when the device did not answer.</returns>
    public bool Read(byte register, byte[] answer)
    {
        _address[0] = register;
        return _device.WriteRead(_address, answer).Status == I2cTransferStatus.FullTransfer;
    }

    /// <summary>Fills the beginning of an array from a register on.</summary>
    /// <returns>False when the device did not answer.</returns>
    public bool Read(byte register, byte[] answer, int count)
    {
        _address[0] = register;
        return _device.WriteRead(_address, new SpanByte(answer, 0, count)).Status == I2cTransferStatus.FullTransfer;
    }
}
