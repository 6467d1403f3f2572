using Crime.Modelling.Prediction;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Prediction;

/// <summary>Life of a battery at a mean power.</summary>
public sealed class BatteryTests
{
    private const double SupplyV = 3.3;

    // 70 % of 2500 mAh, and 2 % of them lost in a month of 730.5 hours.
    private const double UsableMah = 1750, LossMa = 50 / 730.5;

    [Test]
    public void ALinearRegulatorPassesTheCurrentOnAtAnyVoltage([Values(3.3, 3.7, 5)] double volts)
    {
        var battery = new Battery(2500) { Volts = volts };
        Assert.That(battery.Days(330, SupplyV), Is.EqualTo(UsableMah / (100 + LossMa) / 24).Within(1e-9));
        Assert.That(battery.Days(330, SupplyV), Is.EqualTo(0.7287).Within(1e-4), "100 mA for 17.5 hours, less the loss");
    }

    [Test]
    public void ASwitchingConverterPassesTheEnergyOn()
    {
        var battery = new Battery(2500) { ConverterPercent = 90, SelfDischargePercent = 0 };
        // 6475 mWh at 100 mW / 0.9.
        Assert.That(battery.Days(100, SupplyV), Is.EqualTo(6475 / (100 / 0.9) / 24).Within(1e-9));
        Assert.That((battery with { Volts = 1.5 }).Days(100, SupplyV), Is.EqualTo(2625 / (100 / 0.9) / 24).Within(1e-9));
    }

    [Test]
    public void PartsBesideTheModuleDrawAllTheTime()
    {
        var battery = new Battery(2500) { ExtraMa = 3.8 };
        Assert.That(battery.Days(0.0165, SupplyV), Is.EqualTo(UsableMah / (0.005 + 3.8 + LossMa) / 24).Within(1e-9));
    }

    [Test]
    public void NoBatteryOutlivesItsSelfDischarge()
    {
        var battery = new Battery(2500);
        Assert.That(battery.Days(1e-9, SupplyV), Is.EqualTo(UsableMah / LossMa / 24).Within(0.01), "35 months");
        Assert.That(battery with { UsablePercent = 35 }, Has.Property(nameof(Battery.UsableMwh)).EqualTo(battery.UsableMwh / 2));
    }

    [TestCase(3.29, null, false)]
    [TestCase(3.3, null, true)]
    [TestCase(1.5, 85.0, true)]
    public void ALinearRegulatorCannotRaiseAVoltage(double volts, double? converterPercent, bool canSupply)
    {
        var battery = new Battery(2500) { Volts = volts, ConverterPercent = converterPercent };
        Assert.That(
            () => battery.CheckSupplies(SupplyV),
            canSupply ? Throws.Nothing : Throws.TypeOf<UserInputException>().With.Message.Contains("3.29").And.Message.Contains("--converter-percent"));
    }
}
