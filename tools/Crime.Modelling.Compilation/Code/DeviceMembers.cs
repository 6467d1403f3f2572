// The members of the device library that a kernel uses. A test holds every one against the library itself.

namespace Crime.Modelling.Compilation.Code;

/// <summary>The base classes' members.</summary>
internal static class DeviceMembers
{
    public static readonly ClassName CompiledModel = Device("CompiledModel");

    public static readonly ClassName LayerKernel = Device("LayerKernel");

    public static readonly ClassName LayerState = Device("LayerState");

    public static readonly ClassName ActivationTables = Device("ActivationTables");

    public static readonly ClassName SaturationCounters = Device("SaturationCounters");

    public static readonly DeviceType[] LayerParameters = [Object(LayerState), Object(ActivationTables), Object(SaturationCounters)];

    public static readonly MethodName NewCompiledModel = new(CompiledModel, MethodName.Constructor, false, DeviceType.Void, []);

    public static readonly MethodName NewLayerKernel = new(LayerKernel, MethodName.Constructor, false, DeviceType.Void, LayerParameters);

    public static readonly MethodName GetHidden = new(LayerState, "get_Hidden", false, DeviceType.Int16Array, []);

    public static readonly MethodName GetCell = new(LayerState, "get_Cell", false, DeviceType.Int16Array, []);

    public static readonly FieldName Sigmoid = new(LayerKernel, "Sigmoid", DeviceType.Int16Array);

    public static readonly FieldName Tanh = new(LayerKernel, "Tanh", DeviceType.Int16Array);

    public static readonly MethodName SaturatedIndex = new(LayerKernel, "SaturatedIndex", false, DeviceType.Int32, [DeviceType.Int32]);

    public static readonly MethodName SaturatedSums =
        new(LayerKernel, "SaturatedSums", false, DeviceType.Int64, [DeviceType.Int64, DeviceType.Int32, DeviceType.Int32]);

    public static readonly MethodName SaturatedCell = new(
        LayerKernel, "SaturatedCell", false, DeviceType.Int32, [DeviceType.Int16Array, DeviceType.Int32, DeviceType.Int32, DeviceType.Int32]);

    public static readonly MethodName NewState = new(LayerKernel, "NewState", true, DeviceType.Int16Array, [DeviceType.Int32]);

    public static readonly MethodName CopyState =
        new(LayerKernel, "CopyState", true, DeviceType.Void, [DeviceType.Int16Array, DeviceType.Int16Array]);

    public static DeviceType Object(ClassName name) => new(ValueKind.Class, name);

    private static ClassName Device(string name) => new(DeviceTarget.BaseNamespace, name, true);
}
