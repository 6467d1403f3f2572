// Fetches the board's model from the gateway when the board has none, or an older one.

using System;
using System.Net;
using System.Net.Http;
using Crime.Device.Memory;
using Crime.Device.Terminal;

namespace Crime.Device.Models;

/// <summary>Downloads model files over HTTP.</summary>
public static class ModelDownload
{
    /// <summary>Largest file in bytes: a share of the managed heap of a board without external memory.</summary>
    public const int MaxSize = 64 * 1024;

    private const int TimeoutMs = 10_000;

    /// <summary>Asks the gateway for a model unless the board has the current one.</summary>
    /// <param name="host">Host of the gateway.</param>
    /// <param name="port">TCP port of its HTTP endpoint.</param>
    /// <param name="modelName">Name of the model.</param>
    /// <param name="checksum">CRC-32 of the model on the board, 0 when there is none: the ETag of the file.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    /// <param name="problem">Why nothing came, or null.</param>
    /// <returns>The file's bytes, unchecked; null when the board's model is current or the download failed.</returns>
    public static byte[] Fetch(string host, int port, string modelName, uint checksum, MemoryPlan memory, out string problem)
    {
        problem = null;
        string url = "http://" + host + ":" + port.ToString() + "/models/" + modelName + ".crime";
        try
        {
            using var client = new HttpClient { Timeout = new TimeSpan(TimeoutMs * TimeSpan.TicksPerMillisecond) };
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            if (checksum != 0) request.Headers.Add("If-None-Match", "\"" + new LineWriter().Hex(checksum) + "\"");
            using HttpResponseMessage response = client.Send(request, HttpCompletionOption.ResponseHeadersRead);
            if (response.StatusCode == HttpStatusCode.NotModified) return null;
            long size = response.Content.Headers.ContentLength;
            if (response.StatusCode != HttpStatusCode.OK) problem = url + " answered " + ((int)response.StatusCode).ToString();
            else if (size < 1 || size > MaxSize) problem = url + " has " + size.ToString() + " bytes, more than the board can hold or none";
            else return response.Content.ReadAsByteArray();
        }
        catch (OutOfMemoryException)
        {
            memory.OnShortage("the model's download");
            problem = "the download of " + modelName + " needs more memory than is free";
        }
        catch (Exception e)
        {
            problem = url + " failed: " + e.Message;
        }
        return null;
    }
}
