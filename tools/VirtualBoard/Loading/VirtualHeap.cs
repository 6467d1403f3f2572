// What instrumented code calls before and after it takes from the heap. As long as no board of the process has a limited heap, each call
// ends after one comparison.

using System;
using Crime.VirtualBoard.Model;

namespace Crime.VirtualBoard.Loading;

/// <summary>What instrumented code calls before and after it takes from the heap.</summary>
public static class VirtualHeap
{
    private static BoardHeap? Heap => BoardHeap.IsAnyLimited ? ExecutingBoard.Current?.Heap : null;

    /// <summary>An array is about to be made.</summary>
    /// <param name="length">Its elements.</param>
    /// <param name="elementSize">Bytes of one.</param>
    public static void ReserveArray(int length, int elementSize) => Heap?.Reserve(DeviceSizes.Array(length, elementSize));

    /// <summary>An object or a boxed number is about to be made.</summary>
    /// <param name="size">Its bytes.</param>
    public static void ReserveObject(int size) => Heap?.Reserve(size);

    /// <summary>A string literal is about to be loaded. Its text stays in flash; one that is kept counts until the next collection only.</summary>
    public static void Literal() => Heap?.Drop(DeviceSizes.Literal);

    /// <summary>An array has been made.</summary>
    /// <param name="made">The array.</param>
    /// <param name="elementSize">Bytes of one element.</param>
    public static void HoldArray(Array made, int elementSize) => Heap?.Hold(made, DeviceSizes.Array(made.Length, elementSize));

    /// <summary>An object has been made.</summary>
    /// <param name="made">The object.</param>
    /// <param name="size">Its bytes.</param>
    public static void HoldObject(object made, int size) => Heap?.Hold(made, size);

    /// <summary>A library has made a string.</summary>
    /// <param name="made">The string, or null.</param>
    /// <returns>The same text in a string of the board's own: .NET keeps some strings for ever.</returns>
    public static string? OwnString(string? made)
    {
        if (string.IsNullOrEmpty(made) || Heap is not { } heap) return made;
        int size = DeviceSizes.String(System.Text.Encoding.UTF8.GetByteCount(made));
        heap.Reserve(size);
        var own = new string(made.AsSpan());
        heap.Hold(own, size);
        return own;
    }

    /// <summary>A library has made an array.</summary>
    /// <param name="made">The array, or null.</param>
    public static void HoldLibraryArray(Array? made)
    {
        if (made == null || Heap is not { } heap) return;
        Type element = made.GetType().GetElementType()!;
        if (element.IsEnum) element = Enum.GetUnderlyingType(element);
        int size = DeviceSizes.Array(made.Length, DeviceSizes.Element(element.FullName!, !element.IsValueType));
        heap.Reserve(size);
        heap.Hold(made, size);
    }

    /// <summary>Returns an element of a reference array. An element of a string array that was never set ends the board.</summary>
    /// <param name="array">The array.</param>
    /// <param name="index">Index of the element.</param>
    public static object? LoadElement(object?[] array, int index)
    {
        object? element = array[index];
        if (element == null && array is string[]) ExecutingBoard.Current?.EndBy(new UnsetElementException(index));
        return element;
    }
}

/// <summary>
/// Device code read an element of a string array that was never set. On the device such an element is not null: comparing it with a string
/// ends the CLR with an access violation, and storing the outcome of a test for null stores false.
/// </summary>
/// <param name="index">Index of the element.</param>
public sealed class UnsetElementException(int index)
    : Exception($"element {index} of a string array was read before it was set; on the device this ends the CLR");
