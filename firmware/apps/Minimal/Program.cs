// An analogue accelerometer on three ADC channels switches a lamp: the library in twenty lines.

using System.Device.Adc;
using System.Device.Gpio;
using System.Threading;
using Crime.Device.Library;

namespace Crime.Minimal;

/// <summary>Shows the library.</summary>
public static class Program
{
    /// <summary>Runs for ever.</summary>
    public static void Main()
    {
        GpioPin lamp = new GpioController().OpenPin(2, PinMode.Output);
        var classifier = new CollaborativeClassifier(3, null, "model.name=my-gestures");
        classifier.ResultReady += (sender, result) => lamp.Write(result.DecidedName == "lift" ? PinValue.High : PinValue.Low);
        classifier.Start();
        var adc = new AdcController();
        AdcChannel x = adc.OpenChannel(0), y = adc.OpenChannel(3), z = adc.OpenChannel(6);
        while (true)
        {
            classifier.Push(new short[] { (short)x.ReadValue(), (short)y.ReadValue(), (short)z.ReadValue() });
            Thread.Sleep(10);
        }
    }
}
