// What a request costs the board's CPU before it is on the air: writing the frame is counted like a kernel.

using System;
using System.Reflection;
using Crime.Frames;
using Crime.Model;
using Crime.Modelling.Counting;
using Crime.Modelling.Limits;

namespace Crime.Modelling.Prediction;

/// <summary>Executed instructions and bytes of requests.</summary>
/// <param name="Short">What a request of one timestep executes.</param>
/// <param name="Long">What one of <see cref="LongLength"/> timesteps executes.</param>
/// <param name="HeaderSize">Bytes that do not depend on the length.</param>
/// <param name="BytesPerStep">Bytes per timestep.</param>
public sealed record RequestCost(IlCount Short, IlCount Long, int HeaderSize, int BytesPerStep)
{
    /// <summary>Timesteps of the long request.</summary>
    public const int LongLength = 101;

    /// <summary>Counts the requests for a model.</summary>
    public static RequestCost Count(ModelFile model)
    {
        SequenceEncoding encoding = RequestLimits.Of(model).Encoding;
        var context = new CountingContext();
        try
        {
            Type type = context.LoadFromAssemblyName(typeof(RequestFrame).Assembly.GetName()).GetType(typeof(RequestFrame).FullName!)!;
            return new RequestCost(
                Count(context, type, model, encoding, 1), Count(context, type, model, encoding, LongLength), RequestFrame.HeaderSize,
                model.ValuesPerStep * RequestFrame.ValueSize(encoding));
        }
        finally
        {
            context.Unload();
        }
    }

    private static IlCount Count(CountingContext context, Type type, ModelFile model, SequenceEncoding encoding, int length)
    {
        object frame = Activator.CreateInstance(type)!;
        void Set(string name, object value)
        {
            FieldInfo field = type.GetField(name)!;
            field.SetValue(frame, field.FieldType.IsEnum ? Enum.ToObject(field.FieldType, value) : value);
        }
        Set(nameof(RequestFrame.Encoding), (byte)encoding);
        Set(nameof(RequestFrame.FractionBits), model.InputFractionBits);
        Set(nameof(RequestFrame.ValuesPerStep), model.ValuesPerStep);
        Set(nameof(RequestFrame.Length), length);
        Set(nameof(RequestFrame.Values), new short[length * model.ValuesPerStep]);
        MethodInfo encode = type.GetMethod(nameof(RequestFrame.Encode), Type.EmptyTypes)!;
        context.Reset();
        encode.Invoke(frame, []);
        return context.Count();
    }

    /// <summary>CPU time of writing a request as a line over its length.</summary>
    /// <param name="table">What instructions cost.</param>
    public LineOver Encoding(OperationTable table)
    {
        double atOne = table.Nanoseconds(Short) / 1000, perStep = (table.Nanoseconds(Long) / 1000 - atOne) / (LongLength - 1);
        return new LineOver(perStep, atOne - perStep);
    }
}

/// <summary>A cost over the length of a sequence: <c>Start + PerStep * length</c>.</summary>
/// <param name="PerStep">In µs or µJ per timestep.</param>
/// <param name="Start">In µs or µJ.</param>
public readonly record struct LineOver(double PerStep, double Start)
{
    /// <summary>The sum of two costs.</summary>
    public static LineOver operator +(LineOver one, LineOver other) => new(one.PerStep + other.PerStep, one.Start + other.Start);

    /// <summary>The same time as an energy.</summary>
    /// <param name="powerMw">Power in mW.</param>
    /// <returns>In µJ.</returns>
    public LineOver Energy(double powerMw) => new(PerStep * powerMw / 1000, Start * powerMw / 1000);

    /// <summary>The cost of a sequence.</summary>
    public double At(double length) => Start + PerStep * length;
}
