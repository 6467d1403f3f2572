// The right to change what boards do: from the gateway's own machine, or with the token.

using System;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Crime.Gateway.Configuration;
using Microsoft.AspNetCore.Http;

namespace Crime.Gateway.Http;

/// <summary>Checks who sends a request.</summary>
public sealed class UploadRight
{
    private const string BearerPrefix = "Bearer ";

    private readonly byte[]? _tokenHash;

    /// <summary>Makes the check.</summary>
    /// <param name="options">The token.</param>
    public UploadRight(GatewayOptions options) => _tokenHash = options.UploadToken.Length == 0 ? null : HashOf(options.UploadToken);

    /// <summary>Returns the answer to a request that may not change anything, or null.</summary>
    public IResult? Denial(HttpRequest request)
    {
        // A page in a browser on this machine is not this machine's user.
        if (request.Headers.Origin.Count > 0) return Refuse(StatusCodes.Status403Forbidden, "a page in a browser does not upload models or settings");
        bool isForwarded = request.Headers.ContainsKey("Forwarded") || request.Headers.ContainsKey("X-Forwarded-For");
        if (!isForwarded && IsLoopback(request.HttpContext.Connection.RemoteIpAddress)) return null;
        if (_tokenHash == null)
            return Refuse(StatusCodes.Status403Forbidden, $"uploads come from the gateway's machine, unless it has a {Settings.ModelsUploadToken.Name}");
        string given = request.Headers.Authorization.ToString();
        bool isBearer = given.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase);
        // Hashes have one length: the comparison takes the same time for every token.
        if (isBearer && CryptographicOperations.FixedTimeEquals(HashOf(given[BearerPrefix.Length..].Trim()), _tokenHash)) return null;
        return Refuse(StatusCodes.Status401Unauthorized, "the upload token is missing or wrong");
    }

    /// <summary>An answer of one line.</summary>
    internal static IResult Refuse(int status, string reason) => TypedResults.Text(reason + "\n", "text/plain", statusCode: status);

    private static bool IsLoopback(IPAddress? address) =>
        address != null && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
