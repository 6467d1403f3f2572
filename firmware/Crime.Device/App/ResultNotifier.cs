// Hands results to the application that uses the library.

using System;
using Crime.Frames;
using Crime.Node;
using Crime.Sensing;

namespace Crime.Device.App;

/// <summary>Calls the application for each result. Used by the main thread; handlers may be added by others.</summary>
internal sealed class ResultNotifier
{
    private readonly object _sender;
    private readonly Classification _result = new Classification();

    // Made with the first token.
    private WrittenToken _token;

    /// <summary>Makes a notifier without a handler.</summary>
    /// <param name="sender">The sender of the event.</param>
    public ResultNotifier(object sender) => _sender = sender;

    /// <summary>The handlers; null for none.</summary>
    public ResultReadyHandler Handlers { get; set; }

    /// <summary>The handlers of tokens; null for none.</summary>
    public TokenWrittenHandler TokenHandlers { get; set; }

    /// <summary>Calls the handlers of tokens. A fault of a handler ends neither the board nor the output.</summary>
    /// <param name="number">Number of the sequence.</param>
    /// <param name="index">Place of the token in the output.</param>
    /// <param name="token">The token.</param>
    /// <param name="name">Its name.</param>
    /// <param name="place">The place that writes the output.</param>
    /// <param name="report">Receives a line about a fault.</param>
    public void Notify(uint number, int index, int token, string name, Target place, Report report)
    {
        TokenWrittenHandler handlers = TokenHandlers;
        if (handlers == null) return;
        if (_token == null) _token = new WrittenToken();
        _token.Number = number;
        _token.Index = index;
        _token.Token = token;
        _token.Name = name;
        _token.Place = place;
        try
        {
            handlers(_sender, _token);
        }
        catch (Exception e)
        {
            report.Text("application: TokenWritten has failed: " + e.Message);
        }
    }

    /// <summary>Calls the handlers. A fault of a handler ends neither the board nor the result.</summary>
    /// <param name="result">The result.</param>
    /// <param name="judge">Has judged it.</param>
    /// <param name="report">Receives a line about a fault.</param>
    public void Notify(InputResult result, ResultJudge judge, Report report)
    {
        ResultReadyHandler handlers = Handlers;
        if (handlers == null) return;
        _result.Number = result.Input;
        _result.Length = result.Length;
        _result.ClassIndex = result.Answer.HasClass ? result.Label : Classification.NoClass;
        _result.Answer = result.Answer;
        _result.ClassName = judge.Name;
        _result.DecidedName = judge.Decision;
        _result.Place = result.Target;
        _result.TimeUs = result.TimeUs;
        _result.EnergyUj = result.EnergyUj;
        try
        {
            handlers(_sender, _result);
        }
        catch (Exception e)
        {
            // Also an OutOfMemoryException: the step would be repeated, and with it the call.
            report.Text("application: ResultReady has failed: " + e.Message);
        }
    }
}
