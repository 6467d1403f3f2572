// Downloads a file from the gateway over HTTP to the flash, in pieces. With the content as an array, the HTTP client needs 41 KB of heap for
// 13 KB, which a board does not have beside a kernel.

using System;
using System.IO;
using System.Net;
using System.Net.Http;
using Crime.Device.Memory;
using Crime.Device.Settings;
using Crime.Device.Terminal;

namespace Crime.Device.Models;

/// <summary>Downloads files of a model from the gateway. Used by one thread.</summary>
internal sealed class FileDownload
{
    private const int TimeoutMs = 10_000;

    private readonly string _address;
    private readonly MemoryPlan _memory;

    /// <summary>Prepares downloads from the gateway of the settings.</summary>
    /// <param name="settings">Host and port of the gateway, and the name of the model.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    public FileDownload(BoardSettings settings, MemoryPlan memory)
    {
        string host = settings.HttpHost.Length > 0 ? settings.HttpHost : settings.BrokerHost;
        _address = "http://" + host + ":" + settings.HttpPort.ToString() + "/models/" + settings.ModelName;
        _memory = memory;
    }

    /// <summary>Reason why the last download failed; null when it succeeded, or when the gateway has no newer file.</summary>
    public string Problem { get; private set; }

    /// <summary>True when the gateway has no such file (404 on the last request).</summary>
    public bool IsMissing { get; private set; }

    /// <summary>True when a retry of the last download is useless for now: the file is larger than the room for it, or nothing gives way to it.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>True when memory ran out during the last download.</summary>
    public bool RanOut { get; private set; }

    /// <summary>Fetches a file unless the board has the current one.</summary>
    /// <param name="extension">The file's extension, with its dot.</param>
    /// <param name="checksum">Checksum of the file on the board, which is the ETag of the gateway's file; 0 when there is none.</param>
    /// <param name="rejected">Checksum of a file that the board has rejected, and does not want again; 0 for none.</param>
    /// <param name="path">Where the file is written; after a failure there is no file.</param>
    /// <param name="maxSizeBytes">Largest file in bytes that the board can use.</param>
    /// <param name="shortage">What to note where memory runs out.</param>
    /// <returns>True when there is a new file. Its content is unchecked.</returns>
    public bool Fetch(string extension, uint checksum, uint rejected, string path, int maxSizeBytes, Shortage shortage)
    {
        Problem = null;
        IsMissing = false;
        IsFinal = false;
        RanOut = false;
        string url = _address + extension;
        bool isWritten = false;
        try
        {
            using var client = new HttpClient { Timeout = new TimeSpan(TimeoutMs * TimeSpan.TicksPerMillisecond) };
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            string known = checksum == 0 ? "" : Tag(checksum);
            if (rejected != 0) known += known.Length == 0 ? Tag(rejected) : ", " + Tag(rejected);
            if (known.Length > 0) request.Headers.Add("If-None-Match", known);
            using HttpResponseMessage response = client.Send(request, HttpCompletionOption.ResponseHeadersRead);
            if (response.StatusCode == HttpStatusCode.NotModified) return false;
            IsMissing = response.StatusCode == HttpStatusCode.NotFound;
            long size = response.Content.Headers.ContentLength;
            IsFinal = response.StatusCode == HttpStatusCode.OK && size > maxSizeBytes;
            if (response.StatusCode != HttpStatusCode.OK) Problem = url + " answered " + ((int)response.StatusCode).ToString();
            else if (size < 1) Problem = url + " does not say how many bytes it has";
            else if (IsFinal) Problem = url + " has " + size.ToString() + " bytes; the board has room for " + maxSizeBytes.ToString();
            else isWritten = Write(response.Content, path, size);
            if (!isWritten && Problem == null) Problem = url + " ended early";
        }
        catch (OutOfMemoryException)
        {
            _memory.OnShortage(shortage);
            RanOut = true;
            // The kernel gives way to a model, and nothing to a kernel package.
            IsFinal = shortage == Shortage.Package;
            Problem = "the download of " + url + " needs more memory than is free";
        }
        catch (Exception e)
        {
            Problem = url + " failed: " + e.Message;
        }
        if (Problem != null) FlashFile.Delete(path);
        return isWritten && Problem == null;
    }

    private static string Tag(uint checksum) => "\"" + new LineWriter().Hex(checksum) + "\"";

    /// <returns>True when the file has all bytes.</returns>
    private static bool Write(HttpContent content, string path, long size)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        content.CopyTo(file);
        return file.Length == size;
    }
}
