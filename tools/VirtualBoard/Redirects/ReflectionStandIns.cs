// Members of reflection with which a board makes a kernel out of an assembly that arrived over the air. Public because instrumented firmware
// calls them; for nobody else.

using System;
using System.Linq;
using System.Reflection;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Model;

namespace Crime.VirtualBoard.Redirects;

/// <summary>Assemblies have the format of the board.</summary>
[StandsInFor(typeof(Assembly))]
public static class AssemblyStandIn
{
    /// <summary>Loads an assembly of the board's format. It takes memory until the board restarts.</summary>
    public static Assembly Load(byte[] bytes) => Board.Running.Assemblies.Load(bytes);

    /// <summary>Returns a class; null where there is none. .NET would take some characters of the name for more than a name.</summary>
    public static Type? GetType(Assembly assembly, string name)
    {
        if (name == null) throw new NullReferenceException();
        return assembly.GetTypes().FirstOrDefault(type => type.FullName == name);
    }
}

/// <summary>The device finds constructors of every visibility.</summary>
[StandsInFor(typeof(Type))]
public static class TypeStandIn
{
    /// <summary>Returns a constructor; null where there is none.</summary>
    public static ConstructorInfo? GetConstructor(Type type, Type[] types) =>
        type.GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, types);
}

/// <summary>Makes objects on the board's heap. An exception of the constructor reaches the caller unwrapped.</summary>
[StandsInFor(typeof(ConstructorInfo))]
public static class ConstructorInfoStandIn
{
    /// <summary>Makes an object.</summary>
    /// <exception cref="InvalidOperationException">
    /// The class is abstract. .NET throws an exception here that a board does not have. A board's own behaviour was not tried: only a damaged
    /// kernel package has such a class.
    /// </exception>
    public static object Invoke(ConstructorInfo constructor, object?[]? parameters)
    {
        Board.Running.Assemblies.CheckUnchanged();
        if (constructor.DeclaringType!.IsAbstract) throw new InvalidOperationException(constructor.DeclaringType.FullName + " is abstract");
        int size = DeviceSizes.Object(FieldCount(constructor.DeclaringType));
        VirtualHeap.ReserveObject(size);
        object made = constructor.Invoke(BindingFlags.DoNotWrapExceptions, binder: null, parameters, culture: null);
        VirtualHeap.HoldObject(made, size);
        return made;
    }

    private static int FieldCount(Type? type)
    {
        const BindingFlags own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        int count = 0;
        for (; type != null; type = type.BaseType) count += type.GetFields(own).Length;
        return count;
    }
}
