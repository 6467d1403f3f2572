// Integer division by zero throws a plain System.Exception on a device, for every integer type and for remainders.

using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Rules;

/// <summary>Finds handlers that rely on the exception that .NET throws for a division by zero.</summary>
internal static class DivisionRules
{
    private const string Thrown = "integer division by zero throws a plain System.Exception, and overflow throws nothing";

    /// <summary>What .NET's handlers of such an exception may name. A handler of <c>System.Exception</c> catches it on both.</summary>
    private static readonly string[] s_reliedOn = ["System.DivideByZeroException", "System.ArithmeticException", "System.OverflowException", "System.SystemException"];

    /// <summary>Returns the handlers of a method that would catch the exception on .NET and miss it on a device.</summary>
    /// <param name="method">A method with a body.</param>
    public static IEnumerable<Fault> In(MethodDefinition method)
    {
        foreach (ExceptionHandler handler in method.Body.ExceptionHandlers)
        {
            if (handler.HandlerType != ExceptionHandlerType.Catch || !s_reliedOn.Contains(handler.CatchType.FullName)) continue;
            bool hasDivision = method.Body.Instructions.Any(at => at.Offset >= handler.TryStart.Offset && at.Offset < handler.TryEnd.Offset && IsDivision(at));
            if (hasDivision || handler.CatchType.FullName != "System.SystemException")
                yield return new Fault(method, handler.HandlerStart, $"catches {handler.CatchType.Name}: {Thrown}");
        }
        foreach (Instruction at in method.Body.Instructions)
            if (at is { OpCode.Code: Code.Isinst, Operand: TypeReference type } && s_reliedOn.Contains(type.FullName) && type.Name != "SystemException")
                yield return new Fault(method, at, $"tests for {type.Name}: {Thrown}");
    }

    private static bool IsDivision(Instruction at) => at.OpCode.Code is Code.Div or Code.Div_Un or Code.Rem or Code.Rem_Un;
}
