// Counts what any static method executes: an idea for the firmware is weighed before it is put there.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using Crime.Modelling.ModelFiles;

namespace Crime.Modelling.Counting;

/// <summary>Runs a static method of an assembly and counts its instructions.</summary>
public static class MethodCounter
{
    private const int NearMatchCount = 5;

    private const BindingFlags AnyStatic = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>Runs a method once.</summary>
    /// <param name="assemblyPath">The assembly; calls into any other count as one instruction, those into the firmware are followed.</param>
    /// <param name="methodName">Namespace.Type.Method; of several with the name the one with as many parameters as arguments.</param>
    /// <param name="arguments">Numbers, true or false, or text.</param>
    /// <exception cref="UserInputException">There is no such method, or it cannot be run from here.</exception>
    public static IlCount Count(string assemblyPath, string methodName, IReadOnlyList<string> arguments)
    {
        byte[] image = ModelLoading.Read(assemblyPath);
        var context = new CountingContext(Path.GetDirectoryName(Path.GetFullPath(assemblyPath)));
        try
        {
            Assembly assembly = Load(context, image, assemblyPath);
            MethodInfo method = Find(TypesOf(assembly, assemblyPath), methodName, arguments.Count);
            object?[] values = method.GetParameters().Select((parameter, index) => Convert(parameter, arguments[index])).ToArray();
            // Once to run the type's initialiser, which a board runs at its start.
            System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(method.DeclaringType!.TypeHandle);
            context.Reset();
            Invoke(method, values);
            return context.Count();
        }
        finally
        {
            context.Unload();
        }
    }

    private static Assembly Load(CountingContext context, byte[] image, string path)
    {
        try
        {
            return context.LoadCounted(image);
        }
        catch (Exception e) when (e is BadImageFormatException or Mono.Cecil.AssemblyResolutionException or FileLoadException)
        {
            throw new UserInputException($"{path}: not an assembly that can be counted: {e.Message}", e);
        }
    }

    private static Type[] TypesOf(Assembly assembly, string path)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            throw new UserInputException($"{path}: refers to what is not beside it: {e.LoaderExceptions[0]?.Message}", e);
        }
    }

    private static MethodInfo Find(Type[] types, string name, int argumentCount)
    {
        MethodInfo[] all = types.SelectMany(type => type.GetMethods(AnyStatic | BindingFlags.Instance | BindingFlags.DeclaredOnly)).ToArray();
        MethodInfo[] named = all.Where(method => FullName(method) == name).ToArray();
        if (named.Length == 0) throw new UserInputException($"there is no method '{name}'; {NearMatches(all, name)}");
        if (named.FirstOrDefault(method => method.IsStatic && method.GetParameters().Length == argumentCount) is { } found)
        {
            if (found.ContainsGenericParameters)
                throw new UserInputException($"'{name}' is generic: the device's CLR has no generics of one's own, and there is nothing to count");
            return found;
        }
        if (!named.Any(method => method.IsStatic)) throw new UserInputException($"'{name}' is not static: give it a static method that makes the object");
        string known = string.Join(" or ", named.Select(method => Signature(method.GetParameters())).Distinct());
        throw new UserInputException($"'{name}' takes {known}; {argumentCount} arguments were given with --args");
    }

    private static string Signature(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "no arguments" : $"({string.Join(", ", parameters.Select(parameter => parameter.ParameterType.Name))})";

    private static string NearMatches(MethodInfo[] all, string name)
    {
        string last = name[(name.LastIndexOf('.') + 1)..];
        string[] near = all.Where(method => method.IsStatic && !method.Name.Contains('<')).Select(FullName).Distinct()
            .OrderBy(candidate => candidate[(candidate.LastIndexOf('.') + 1)..].Equals(last, StringComparison.OrdinalIgnoreCase) ? 0 : 1)
            .ThenBy(candidate => Distance(candidate, name)).Take(NearMatchCount).ToArray();
        return near.Length == 0 ? "the assembly has no static method at all" : "near it are " + string.Join(", ", near);
    }

    private static string FullName(MethodInfo method) => $"{method.DeclaringType!.FullName!.Replace('+', '.')}.{method.Name}";

    private static object? Convert(ParameterInfo parameter, string text)
    {
        Type type = parameter.ParameterType;
        bool isSupported = type == typeof(string) || type == typeof(bool) || (type.IsPrimitive && type != typeof(IntPtr) && type != typeof(UIntPtr));
        if (!isSupported) throw new UserInputException($"parameter {parameter.Name} is a {type.Name}: only numbers, bool and string can be given with --args");
        try
        {
            return System.Convert.ChangeType(text, type, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new UserInputException($"'{text}' is no {type.Name} for parameter {parameter.Name}", e);
        }
    }

    private static void Invoke(MethodInfo method, object?[] values)
    {
        try
        {
            method.Invoke(null, values);
        }
        catch (TargetInvocationException e)
        {
            throw new UserInputException($"{FullName(method)} threw {e.InnerException!.GetType().Name}: {e.InnerException.Message}", e);
        }
    }

    /// <summary>Levenshtein's distance: letters to change, add or take away.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (int i = 0; i < one.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int k = 0; k < other.Length; k++)
            {
                int change = diagonal + (one[i] == other[k] ? 0 : 1);
                diagonal = row[k + 1];
                row[k + 1] = Math.Min(change, Math.Min(row[k], row[k + 1]) + 1);
            }
        }
        return row[^1];
    }
}
