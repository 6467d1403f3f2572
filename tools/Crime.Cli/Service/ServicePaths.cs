// Where a gateway lives on a Linux machine, under "/" or under a folder that stands for it.

using System.IO;

namespace Crime.Cli.Service;

/// <summary>The places, as absolute paths.</summary>
/// <param name="Root">What stands for "/".</param>
internal sealed record ServicePaths(string Root)
{
    /// <summary>Name of the unit.</summary>
    public const string UnitName = "crime-gateway.service";

    private const string Name = "crime-gateway";
    private const string MachineRoot = "/";

    /// <summary>Whether this is the running machine and not a folder that stands for one.</summary>
    public bool IsMachine => Root == MachineRoot;

    /// <summary>The program.</summary>
    public string Program => At("usr", "lib", Name);

    /// <summary>Settings.</summary>
    public string Configuration => At("etc", Name);

    /// <summary>The settings file, for everybody to read.</summary>
    public string SettingsFile => Path.Combine(Configuration, "appsettings.json");

    /// <summary>Secrets, for root to read.</summary>
    public string SecretsFile => Path.Combine(Configuration, "gateway.env");

    /// <summary>State. After the first start a link: systemd moves it to where only the service's passing user comes.</summary>
    public string State => At("var", "lib", Name);

    /// <summary>The models.</summary>
    public string Models => Path.Combine(State, "models");

    /// <summary>The unit.</summary>
    public string Unit => At("etc", "systemd", "system", UnitName);

    /// <summary>The link that starts the unit with the machine.</summary>
    public string Enablement => At("etc", "systemd", "system", "multi-user.target.wants", UnitName);

    /// <summary>A path without the root, as it is once the folder is the machine.</summary>
    public string OnMachine(string path) => IsMachine ? path : MachineRoot + Path.GetRelativePath(Root, path);

    private string At(params string[] parts) => Path.Combine([Root, .. parts]);
}
