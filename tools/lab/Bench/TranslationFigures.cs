using System.Text.Json.Serialization;

namespace Speech.Lab.Bench;

/// <summary>What `bench translation` measures; keys of the dictionaries are batch sizes.</summary>
internal sealed record TranslationFigures(
    [property: JsonPropertyName("model")] string Model,
    [property: JsonPropertyName("dtype")] string Dtype,
    [property: JsonPropertyName("threads")] int Threads,
    [property: JsonPropertyName("floor")] MachineFloor Floor,
    [property: JsonPropertyName("load_ms")] double LoadMs,
    [property: JsonPropertyName("rss_mb")] double RssMb,
    [property: JsonPropertyName("encode_ms")] double EncodeMs,
    [property: JsonPropertyName("decode_ms_per_token")] IReadOnlyDictionary<string, double> DecodeMsPerToken,
    [property: JsonPropertyName("decode_floor_ms_per_token")] IReadOnlyDictionary<string, double> DecodeFloorMsPerToken);
