// Heap that objects hold on a board: the graph that is reachable from them, object by object, with the sizes of the board's CLR.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text;
using Crime.VirtualBoard.Model;

namespace Crime.Modelling.Footprint;

/// <summary>Adds up object graphs; what two of them share counts for the first.</summary>
public sealed class HeldMemory
{
    private const BindingFlags OwnFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);

    /// <summary>Bytes that a graph holds beyond what was added before.</summary>
    /// <param name="root">An object of device code.</param>
    /// <exception cref="NotSupportedException">Something in it is no device code, or a structure: its size is not known.</exception>
    public int Add(object? root)
    {
        int size = 0;
        var waiting = new Stack<object>();
        Reach(root);
        while (waiting.TryPop(out object? item)) size += SizeOf(item);
        return size;

        void Reach(object? item)
        {
            if (item != null && _seen.Add(item)) waiting.Push(item);
        }

        int SizeOf(object item)
        {
            if (item is string text) return DeviceSizes.String(Encoding.UTF8.GetByteCount(text));
            if (item is Array array)
            {
                Type element = array.GetType().GetElementType()!;
                if (!element.IsValueType)
                    foreach (object? one in array) Reach(one);
                Type stored = element.IsEnum ? Enum.GetUnderlyingType(element) : element;
                return DeviceSizes.Array(array.Length, DeviceSizes.Element(stored.FullName!, !element.IsValueType));
            }
            FieldInfo[] fields = Fields(item.GetType()).ToArray();
            foreach (FieldInfo field in fields)
            {
                if (!field.FieldType.IsValueType) Reach(field.GetValue(item));
                else if (!field.FieldType.IsPrimitive && !field.FieldType.IsEnum) throw new NotSupportedException($"{field.DeclaringType}.{field.Name} is a structure");
            }
            return DeviceSizes.Object(fields.Length);
        }
    }

    private static IEnumerable<FieldInfo> Fields(Type type)
    {
        for (Type at = type; at != typeof(object); at = at.BaseType!)
        {
            if (at.Assembly == typeof(object).Assembly) throw new NotSupportedException($"{at} is no device code");
            foreach (FieldInfo field in at.GetFields(OwnFields)) yield return field;
        }
    }
}
