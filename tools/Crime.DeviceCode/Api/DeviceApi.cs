// The members that exist on a device. Everything that device code may refer to outside itself is in this list.

using System.Collections.Generic;
using System.IO;

namespace Crime.DeviceCode.Api;

/// <summary>The public and protected members of the nanoFramework assemblies, as documentation-comment ids.</summary>
public sealed class DeviceApi
{
    private const string Resource = "device-api.txt";

    private readonly HashSet<string> _members = [];
    private readonly HashSet<string> _assemblies = [];
    private readonly Dictionary<string, List<string>> _assembliesOfType = [];

    private DeviceApi(TextReader list)
    {
        string assembly = "", type = "";
        while (list.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#') continue;
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "assembly":
                    assembly = words[1];
                    _assemblies.Add(assembly);
                    break;
                case "T":
                    type = words[1];
                    string id = "T:" + type;
                    _members.Add(id);
                    if (!_assembliesOfType.TryGetValue(id, out List<string>? holders)) _assembliesOfType[id] = holders = [];
                    holders.Add(assembly);
                    break;
                case "M" or "F":
                    _members.Add($"{words[0]}:{type}.{words[1]}");
                    break;
                default:
                    throw new InvalidDataException($"{Resource}: '{line}' is neither an assembly, a type nor a member");
            }
        }
    }

    /// <summary>The list in the tree, <c>tools/Crime.DeviceCode/Api/device-api.txt</c>.</summary>
    public static DeviceApi Bundled { get; } = LoadBundled();

    /// <summary>All ids of types, methods and fields.</summary>
    public IReadOnlyCollection<string> Members => _members;

    /// <summary>Names of the assemblies.</summary>
    public IReadOnlyCollection<string> Assemblies => _assemblies;

    /// <summary>Returns whether a type, method or field exists on a device.</summary>
    /// <param name="id">Its documentation-comment id, as in <c>M:System.String.Concat(System.String,System.String)</c>.</param>
    public bool Contains(string id) => _members.Contains(id);

    /// <summary>Returns the assemblies that hold a type: several where it is forwarded or doubled, none for an unknown one.</summary>
    /// <param name="typeId">The type's id, as in <c>T:System.String</c>.</param>
    public IReadOnlyList<string> AssembliesOf(string typeId) => _assembliesOfType.TryGetValue(typeId, out List<string>? holders) ? holders : [];

    /// <summary>Returns the id of the type that has a member: <c>T:System.Math</c> for <c>M:System.Math.Abs(System.Int32)</c>.</summary>
    /// <param name="id">Id of a member or a type.</param>
    public static string TypeOf(string id)
    {
        if (id[0] == 'T') return id;
        string name = id[2..].Split('(', '~')[0];
        return "T:" + name[..name.LastIndexOf('.')];
    }

    private static DeviceApi LoadBundled()
    {
        using var reader = new StreamReader(typeof(DeviceApi).Assembly.GetManifestResourceStream(Resource)!);
        return new DeviceApi(reader);
    }
}
