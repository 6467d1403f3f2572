// The bare loop, and a branch in it.

namespace Crime.Bench;

/// <summary>Loops.</summary>
internal sealed class LoopCosts
{
    // Takes what a loop computed, so that the compiler keeps the loop.
    public int Result;

    public void EmptyTurn(int turns)
    {
        for (int turn = 0; turn < turns; turn++)
        {
        }
    }

    public void Branch(int turns)
    {
        int a = 1, b = 2, c = 0;
        for (int turn = 0; turn < turns; turn++)
        {
            if (a > b) c = a; if (a > b) c = a; if (a > b) c = a; if (a > b) c = a; if (a > b) c = a;
            if (a > b) c = a; if (a > b) c = a; if (a > b) c = a; if (a > b) c = a; if (a > b) c = a;
        }
        Result = c;
    }
}
