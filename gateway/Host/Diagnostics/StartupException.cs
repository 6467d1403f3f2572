// The gateway cannot start as it was asked to. The program prints the message as one line and exits with 2.

using System;

namespace Crime.Gateway.Diagnostics;

/// <summary>Something outside the program stands in the way of its start, such as a port in use.</summary>
public sealed class StartupException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line that says what, and which setting changes it.</param>
    /// <param name="inner">What was thrown.</param>
    public StartupException(string message, Exception inner) : base(message, inner)
    {
    }
}
