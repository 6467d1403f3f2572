// Errors that the user can correct: a wrong file, a wrong option. The command line prints the message as one line and exits with 2.

using System;

namespace Crime.Modelling;

/// <summary>The user gave a wrong file or option. The message is one line: what is wrong, where, and what to do.</summary>
public sealed class UserInputException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line without a final full stop. Control characters, as in a name from a damaged file, become question marks.</param>
    public UserInputException(string message) : base(OneLine(message))
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line without a final full stop. Control characters, as in a name from a damaged file, become question marks.</param>
    /// <param name="inner">The exception that led to this one.</param>
    public UserInputException(string message, Exception inner) : base(OneLine(message), inner)
    {
    }

    private static string OneLine(string message) => string.Create(message.Length, message, static (line, text) =>
    {
        for (int i = 0; i < line.Length; i++) line[i] = char.IsControl(text[i]) ? '?' : text[i];
    });
}
