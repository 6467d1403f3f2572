// nanoFramework.System.Net.Http: the device's HTTP client, over .NET's.

extern alias dotnet;

using System.Collections.Generic;
using System.Net.Http.Headers;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Model;
using Dotnet = dotnet::System.Net.Http;

namespace System.Net.Http.Headers
{
    /// <summary>Headers of a message.</summary>
    public abstract class HttpHeaders
    {
        internal HttpHeaders()
        {
        }

        internal List<(string Name, string Value)> Items { get; } = [];

        /// <summary>Adds a header.</summary>
        public void Add(string name, string value) => Items.Add((name, value));
    }

    /// <summary>Headers of a request.</summary>
    public sealed class HttpRequestHeaders : HttpHeaders
    {
        internal HttpRequestHeaders()
        {
        }
    }

    /// <summary>Headers of a content.</summary>
    public sealed class HttpContentHeaders : HttpHeaders
    {
        internal HttpContentHeaders(long contentLength) => ContentLength = contentLength;

        /// <summary>Length in bytes; -1 when the server did not say.</summary>
        public long ContentLength { get; }
    }
}

namespace System.Net.Http
{
    /// <summary>When a request counts as done.</summary>
    public enum HttpCompletionOption
    {
        /// <summary>When the content has been read.</summary>
        ResponseContentRead = 0,

        /// <summary>When the headers have been read.</summary>
        ResponseHeadersRead = 1,
    }

    /// <summary>Method of a request.</summary>
    public class HttpMethod
    {
        private HttpMethod(string method) => Method = method;

        /// <summary>GET.</summary>
        public static HttpMethod Get { get; } = new("GET");

        /// <summary>The method's name.</summary>
        public string Method { get; }
    }

    /// <summary>Content of a message.</summary>
    public abstract class HttpContent : IDisposable
    {
        private readonly Dotnet.HttpContent _content;

        private protected HttpContent(Dotnet.HttpContent content)
        {
            _content = content;
            Headers = new HttpContentHeaders(content.Headers.ContentLength ?? -1);
        }

        /// <summary>Headers of the content.</summary>
        public HttpContentHeaders Headers { get; }

        /// <summary>Writes the content to a stream in pieces.</summary>
        public void CopyTo(IO.Stream stream)
        {
            Board board = Board.Running;
            byte[] bytes = Wire.Blocking(board, () => _content.ReadAsByteArrayAsync());
            using (board.Heap?.Lease(HeapCosts.HttpPiece + HeapCosts.HttpPeak - HeapCosts.HttpExchange)) stream.Write(bytes, 0, bytes.Length);
            // 8 KB cost 15 600 instructions, measured, so about two a byte.
            BoardCpu.Execute(2 * bytes.Length);
        }

        /// <summary>Releases the content.</summary>
        public void Dispose() => _content.Dispose();
    }

    /// <summary>A request.</summary>
    public class HttpRequestMessage : IDisposable
    {
        /// <summary>A request for an address.</summary>
        public HttpRequestMessage(HttpMethod method, string requestUri)
        {
            Method = method;
            RequestUri = new Uri(requestUri);
        }

        /// <summary>The method.</summary>
        public HttpMethod Method { get; }

        /// <summary>The address.</summary>
        public Uri RequestUri { get; }

        /// <summary>The headers.</summary>
        public HttpRequestHeaders Headers { get; } = new();

        /// <summary>Releases the request.</summary>
        public void Dispose()
        {
        }
    }

    /// <summary>A response.</summary>
    public class HttpResponseMessage : IDisposable
    {
        private readonly Dotnet.HttpResponseMessage _response;
        private readonly HeapLease? _memory;

        internal HttpResponseMessage(Dotnet.HttpResponseMessage response, HeapLease? memory)
        {
            _response = response;
            _memory = memory;
            Content = new ResponseContent(response.Content);
        }

        /// <summary>The status.</summary>
        public HttpStatusCode StatusCode => _response.StatusCode;

        /// <summary>The content.</summary>
        public HttpContent Content { get; }

        /// <summary>Releases the response.</summary>
        public void Dispose()
        {
            _response.Dispose();
            _memory?.Dispose();
        }

        private sealed class ResponseContent(Dotnet.HttpContent content) : HttpContent(content);
    }

    /// <summary>Sends requests.</summary>
    public abstract class HttpMessageInvoker : IDisposable
    {
        private protected HttpMessageInvoker()
        {
        }

        private protected Dotnet.HttpClient Client { get; } = new();

        /// <summary>Releases the client.</summary>
        public void Dispose() => Client.Dispose();
    }

    /// <summary>The device's HTTP client.</summary>
    public class HttpClient : HttpMessageInvoker
    {
        // Larger pieces of garbage than the library's would find no room sooner.
        private const int GarbagePieceBytes = 200;

        /// <summary>Where the CLR would collect is chance: collecting here makes the least free bytes those during an exchange.</summary>
        private static void Allocate(BoardHeap heap)
        {
            heap.Reserve(HeapCosts.HttpPeak - HeapCosts.HttpExchange);
            heap.Collect();
            for (int rest = HeapCosts.HttpGarbage; rest > 0; rest -= GarbagePieceBytes) heap.Drop(GarbagePieceBytes);
        }

        /// <summary>Longest wait for a response.</summary>
        public TimeSpan Timeout
        {
            get => Client.Timeout;
            set => Client.Timeout = value;
        }

        /// <summary>Sends a request and waits for the response.</summary>
        public HttpResponseMessage Send(HttpRequestMessage request, HttpCompletionOption completionOption)
        {
            Board board = Board.Running;
            using var message = new Dotnet.HttpRequestMessage(new Dotnet.HttpMethod(request.Method.Method), request.RequestUri);
            foreach (var (name, value) in request.Headers.Items) message.Headers.TryAddWithoutValidation(name, value);
            HeapLease? memory = board.Heap?.Lease(HeapCosts.HttpExchange);
            try
            {
                if (board.Heap is { } heap) Allocate(heap);
                board.Clock.SleepUntil(board.Radio.Transmit(200));
                var response = Wire.Blocking(board, () => Client.SendAsync(message, (Dotnet.HttpCompletionOption)completionOption));
                board.Clock.SleepUntil(board.Radio.ReceiveAt(board.Clock.NowUs()));
                return new HttpResponseMessage(response, memory);
            }
            catch (Exception)
            {
                memory?.Dispose();
                throw;
            }
        }
    }
}
