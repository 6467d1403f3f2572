// The boards, for people and for 'crime publish', which waits until a board runs a model.

using System.Linq;
using Crime.Frames;
using Crime.Gateway.Boards;
using Crime.Gateway.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Crime.Gateway.Http;

/// <summary>A board in the list.</summary>
/// <param name="Board">Its name.</param>
/// <param name="Online">False after its last will.</param>
/// <param name="Model">Name of the served model whose image it runs; null when that is none of them.</param>
/// <param name="ModelId">Identity of its model, eight hexadecimal digits; null when it has none.</param>
/// <param name="ImageChecksum">Checksum of its model's image, eight hexadecimal digits; null when it has none or does not report it.</param>
/// <param name="Firmware">Version of its firmware; null where it is not known.</param>
public sealed record ListedBoard(string Board, bool Online, string? Model, string? ModelId, string? ImageChecksum, string? Firmware);

/// <summary><c>/boards</c>.</summary>
public static class BoardsEndpoint
{
    private static readonly string[] s_readMethods = ["GET", "HEAD"];

    /// <summary>Adds the endpoint.</summary>
    public static void Map(IEndpointRouteBuilder endpoints, BoardList boards, ModelRegistry models) =>
        endpoints.MapMethods("/boards", s_readMethods, () => List(boards, models));

    private static IResult List(BoardList boards, ModelRegistry models) =>
        JsonAnswer.Of(boards.Boards.Select(board => Describe(board.Key, board.Value, models)).ToArray());

    private static ListedBoard Describe(string name, PresenceFrame presence, ModelRegistry models)
    {
        uint version = presence.FirmwareVersion, checksum = presence.ImageChecksum;
        GatewayModel? model = checksum == 0 ? null : models.Models.FirstOrDefault(served => served.Image != null && served.ImageChecksum == checksum);
        return new ListedBoard(
            name, presence.Online, model?.Name, presence.ModelId == 0 ? null : ModelEndpoints.Hex(presence.ModelId),
            checksum == 0 ? null : ModelEndpoints.Hex(checksum),
            version == 0 ? null : $"{version >> 24}.{version >> 16 & 0xFF}.{version >> 8 & 0xFF}");
    }
}
