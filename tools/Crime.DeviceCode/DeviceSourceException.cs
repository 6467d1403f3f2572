// Source that cannot be checked at all. The command line prints the message as one line and exits with 2.

using System;

namespace Crime.DeviceCode;

/// <summary>There is no source to check, or it cannot be read.</summary>
/// <param name="message">What is wrong, where, and what to do: one line without a final full stop.</param>
public sealed class DeviceSourceException(string message) : Exception(message);
