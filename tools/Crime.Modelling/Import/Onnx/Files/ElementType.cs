// The types of elements, as TensorProto.DataType numbers them.

namespace Crime.Modelling.Import.Onnx.Files;

/// <summary>Numbers of the element types.</summary>
internal static class ElementType
{
    /// <summary>Single precision.</summary>
    public const int Float = 1;

    /// <summary>Whole numbers of 8 bits from 0 up.</summary>
    public const int UInt8 = 2;

    /// <summary>Whole numbers of 8 bits.</summary>
    public const int Int8 = 3;

    /// <summary>Whole numbers of 32 bits.</summary>
    public const int Int32 = 6;

    /// <summary>Whole numbers of 64 bits.</summary>
    public const int Int64 = 7;

    /// <summary>Truth values.</summary>
    public const int Bool = 9;

    /// <summary>Half precision.</summary>
    public const int Float16 = 10;

    /// <summary>Double precision.</summary>
    public const int Double = 11;

    /// <summary>The upper half of single precision.</summary>
    public const int BFloat16 = 16;

    /// <summary>True for real numbers of 16, 32 or 64 bits.</summary>
    public static bool IsReal(long type) => type is Float or Float16 or Double or BFloat16;
}
