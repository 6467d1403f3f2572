// What a source of readings can report. Nothing that arrives is dropped in silence: what is no line of a board is an event too.

using System;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Cli.Boards;

namespace Crime.Cli.Monitor;

/// <summary>Something that arrived.</summary>
internal abstract record MonitorEvent;

/// <summary>A board has finished an inference.</summary>
/// <param name="Board">The board's id; empty while it is not known.</param>
/// <param name="Reading">What it said.</param>
internal sealed record InferenceArrived(string Board, Reading Reading) : MonitorEvent;

/// <summary>A meter board has measured an inference of another board.</summary>
/// <param name="Board">The meter's id; empty while it is not known.</param>
/// <param name="Reading">What it said.</param>
internal sealed record BracketArrived(string Board, BracketReading Reading) : MonitorEvent;

/// <summary>Any other line of a board.</summary>
/// <param name="Line">The line.</param>
internal sealed record TextArrived(string Line) : MonitorEvent;

/// <summary>A line or a frame that no board sends.</summary>
/// <param name="Shown">Its beginning, in letters that a terminal can show.</param>
internal sealed record GarbledArrived(string Shown) : MonitorEvent;

/// <summary>The port or the broker has gone or come back.</summary>
/// <param name="IsUp">Whether it is there now.</param>
/// <param name="Text">What happened.</param>
internal sealed record LinkChanged(bool IsUp, string Text) : MonitorEvent;

/// <summary>Where readings come from.</summary>
internal interface IReadingSource : IDisposable
{
    /// <summary>Opens it for the first time.</summary>
    /// <exception cref="Modelling.UserInputException">It is not there.</exception>
    Task OpenAsync(CancellationToken cancellation);

    /// <summary>Reports what arrives until it is cancelled or has come to its end.</summary>
    Task RunAsync(ChannelWriter<MonitorEvent> events, CancellationToken cancellation);

    /// <summary>Sends a console command.</summary>
    /// <returns>Null, or why it could not be sent.</returns>
    string? Send(string command);
}
