// What a person can mend: a wrong file, a wrong option. The command line prints the message as one line and exits with 2.

using System;

namespace Crime.Modelling;

/// <summary>Something the user gave is wrong. The message says what, where, and what to do, in one line.</summary>
public sealed class UserInputException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line without a final full stop.</param>
    public UserInputException(string message) : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line without a final full stop.</param>
    /// <param name="inner">What was thrown where the mistake showed.</param>
    public UserInputException(string message, Exception inner) : base(message, inner)
    {
    }
}
