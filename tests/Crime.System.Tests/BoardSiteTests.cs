// The frame of tests that power boards: a site of their own for each test, and a limit for what they wait for.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>Tests with a <see cref="BoardSite"/>.</summary>
public abstract class BoardSiteTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    private CancellationTokenSource _cancellation = new();

    /// <summary>Ends what a test waits for.</summary>
    protected CancellationToken Limit => _cancellation.Token;

    /// <summary>The site of the test.</summary>
    internal BoardSite Site { get; private set; } = null!;

    [SetUp]
    public void MakeSite()
    {
        _cancellation = new CancellationTokenSource(s_limit);
        Site = new BoardSite(Checkout.NewFolder());
    }

    [TearDown]
    public async Task EndSite()
    {
        await Site.DisposeAsync();
        _cancellation.Dispose();
    }

    /// <summary>Returns the numbers of the inputs that have a result, in the order of the lines.</summary>
    protected static IEnumerable<int> IdsOf(IEnumerable<string> lines) => lines
        .Where(line => line.StartsWith("INF id=", StringComparison.Ordinal))
        .Select(line => int.Parse(line.Split(' ')[1]["id=".Length..], CultureInfo.InvariantCulture));

    /// <summary>Reads the console of a board up to a line that begins with a text.</summary>
    protected Task<List<string>> ReadUntilAsync(Board board, string start) => BoardSite.ReadUntilAsync(board, start, Limit);
}
