// A finding before its place in the source is known.

using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Rules;

/// <summary>What a rule found in compiled code.</summary>
/// <param name="Where">A type, field or method; null for the assembly.</param>
/// <param name="At">The instruction in the method; null for the whole of it.</param>
/// <param name="Reason">What is wrong and what the device does.</param>
internal sealed record Fault(IMemberDefinition? Where, Instruction? At, string Reason);
