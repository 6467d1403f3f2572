using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Http;

/// <summary>What <c>/metrics</c> said, read by the rules of Prometheus' text format.</summary>
internal sealed partial class PrometheusText
{
    private readonly List<(string Name, string Labels, double Value)> _samples = [];

    private PrometheusText(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#'))
        {
            Match sample = Sample().Match(line);
            Assert.That(sample.Success, Is.True, line);
            double value = double.Parse(sample.Groups["value"].Value.Replace("+Inf", "Infinity"), CultureInfo.InvariantCulture);
            _samples.Add((sample.Groups["name"].Value, sample.Groups["labels"].Value, value));
        }
    }

    /// <summary>Names of all series.</summary>
    public IEnumerable<string> Names => _samples.Select(sample => sample.Name).Distinct();

    public static async Task<PrometheusText> ReadAsync(int httpPort)
    {
        using HttpResponseMessage answer = await GatewayHttp.SendAsync(httpPort, "/metrics");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/plain"));
        return new PrometheusText(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The only value of a series that has a label, if one is given.</summary>
    public double Value(string name, string label = "")
    {
        var found = _samples.Where(sample => sample.Name == name && sample.Labels.Contains(label, StringComparison.Ordinal)).ToArray();
        Assert.That(found, Has.Length.EqualTo(1), $"{name} {label}");
        return found[0].Value;
    }

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>[^}]*)\})? (?<value>\S+)( \d+)?$")]
    private static partial Regex Sample();
}
