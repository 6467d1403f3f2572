using System;
using System.Collections.Generic;
using System.Device.I2c;
using Crime.Device.Energy;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;

namespace Crime.VirtualBoard.Tests.Energy;

/// <summary>A board with an INA219 whose shunt carries what the test feeds.</summary>
internal static class Ina219Bench
{
    public const double Volts = 3.3;

    /// <summary>A board whose sensor sits in a supply of its own.</summary>
    /// <param name="meanAmperes">Mean current in A from one time of the board to another.</param>
    /// <param name="shuntOhm">The shunt.</param>
    /// <param name="sensor">Receives the sensor.</param>
    /// <param name="settings">The board's settings file.</param>
    /// <param name="model">The model on its flash.</param>
    /// <param name="recording">The inputs on its flash.</param>
    public static Board Make(
        Func<long, long, double> meanAmperes, double shuntOhm, out Ina219Peripheral sensor, string settings = "", byte[]? model = null, byte[]? recording = null)
    {
        Ina219Peripheral? made = null;
        string flash = FirmwareFlash.Make(settings, model, recording);
        var board = new Board(new BoardOptions
        {
            Profile = TestBoards.Profile,
            FlashFolder = flash,
            I2cPeripherals = new Dictionary<int, Func<Board, II2cPeripheral>>
            {
                [0x40] = board => made = new Ina219Peripheral(new SupplyLine(() => board.NowUs, meanAmperes, Volts), shuntOhm),
            },
        });
        sensor = made!;
        return board;
    }

    public static Ina219 Driver() => new(I2cDevice.Create(new I2cConnectionSettings(1, 0x40, I2cBusSpeed.FastMode)));
}
