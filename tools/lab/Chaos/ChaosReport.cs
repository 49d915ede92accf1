using System.Text.Json;
using Speech.Lab.Fleet;

namespace Speech.Lab.Chaos;

/// <summary>How a run ended; as JSON it is what <c>--json</c> prints.</summary>
/// <param name="Faults">How many of each kind.</param>
/// <param name="Talks">Whole scripts that were said and heard, each as if nothing had happened unless <see cref="Problems"/> has
/// it.</param>
/// <param name="CutTalks">Those of them that could not be compared word for word, see <see cref="ChaosClient.CutTalks"/>.</param>
/// <param name="Returns">How often clients came back.</param>
internal sealed record ChaosReport(
    int Seed,
    double Minutes,
    int Clients,
    IReadOnlyDictionary<string, int> Faults,
    int Talks,
    int CutTalks,
    int Segments,
    int Returns,
    QueueState? QueueAtEnd,
    IReadOnlyList<string> Problems)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public bool Ok => Problems.Count == 0;

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}
