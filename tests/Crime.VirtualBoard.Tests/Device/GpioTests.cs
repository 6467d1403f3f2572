using System;
using System.Device.Gpio;
using System.IO;
using System.Linq;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Device;

/// <summary>Which pins firmware can open depends on the board.</summary>
public sealed class GpioTests
{
    private static Exception? Opening(string board, int pin, PinMode mode)
    {
        using var made = new Board(new BoardOptions
        {
            Profile = BoardProfile.Bundled(board),
            FlashFolder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "flash", Guid.NewGuid().ToString("n")),
        });
        Exception? thrown = null;
        TestBoards.Run(made, () =>
        {
            try
            {
                new GpioController().OpenPin(pin, mode);
            }
            catch (Exception e)
            {
                thrown = e;
            }
        });
        return thrown;
    }

    private static string[] Boards() => BoardProfile.BundledNames.ToArray();

    [TestCaseSource(nameof(Boards))]
    public void TheBracketPinOfEachBoardIsAnInputAndAnOutput(string board)
    {
        int pin = BoardProfile.Bundled(board).Hardware.Pins["bracket"].Gpio;
        Assert.That((Opening(board, pin, PinMode.Output), Opening(board, pin, PinMode.InputPullDown)), Is.EqualTo(((Exception?)null, (Exception?)null)));
    }

    [TestCase("esp32-devkitc", 6)]
    [TestCase("esp32-devkitc", 40)]
    [TestCase("esp32-s3-devkitc", 26)]
    [TestCase("esp32-c3-devkitm", 11)]
    [TestCase("esp32-c3-devkitm", 22)]
    public void PinsOfTheFlashAndPinsThatAreNotThereAreRefused(string board, int pin) =>
        Assert.That(Opening(board, pin, PinMode.Input), Is.TypeOf<InvalidOperationException>());

    [Test]
    public void TheLastPinsOfAnEsp32AreInputsOnly()
    {
        Assert.That(Opening("esp32-devkitc", 34, PinMode.Input), Is.Null);
        Assert.That(Opening("esp32-devkitc", 34, PinMode.Output), Is.TypeOf<ArgumentException>());
        Assert.That(Opening("esp32-s3-devkitc", 35, PinMode.Output), Is.Null);
    }

    [Test]
    public void APinIsOpenOnceAtATime()
    {
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () =>
        {
            GpioPin first = new GpioController().OpenPin(4, PinMode.Output);
            Assert.That(() => new GpioController().OpenPin(4, PinMode.Input), Throws.InvalidOperationException);
            first.Dispose();
            new GpioController().OpenPin(4, PinMode.Input);
        });
    }
}
