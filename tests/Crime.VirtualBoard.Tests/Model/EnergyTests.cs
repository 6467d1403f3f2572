using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Redirects;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Model;

public sealed class EnergyTests
{
    private static readonly BoardProfile s_profile = TestBoards.Profile;

    private static int Il(double microseconds) => (int)(microseconds / s_profile.UsPerIl);

    [Test]
    public void ComputingAndWaitingDrawTheirPower()
    {
        using Board board = TestBoards.Make();
        double energyUj = 0;
        TestBoards.Run(board, () =>
        {
            board.SetRadio(RadioState.Associated, board.Clock.NowUs());
            double start = board.EnergyUj;
            VirtualCpu.Charge(Il(30_000));
            ThreadStandIn.Sleep(50);
            energyUj = board.EnergyUj - start;
        });
        Assert.That(energyUj, Is.EqualTo(30 * s_profile.ComputeMw + 50 * s_profile.WaitMw).Within(0.1).Percent);
    }
}
