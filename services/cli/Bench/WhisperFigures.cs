using System.Text.Json.Serialization;

namespace Speech.Cli.Bench;

/// <summary>What `bench whisper` measures; keys of the dictionaries are seconds of audio and batch sizes.</summary>
internal sealed record WhisperFigures(
    [property: JsonPropertyName("model")] string Model,
    [property: JsonPropertyName("threads")] int Threads,
    [property: JsonPropertyName("floor")] MachineFloor Floor,
    [property: JsonPropertyName("load_ms")] double LoadMs,
    [property: JsonPropertyName("rss_mb")] double RssMb,
    [property: JsonPropertyName("mel_ms")] double MelMs,
    [property: JsonPropertyName("encode_ms")] IReadOnlyDictionary<string, double> EncodeMs,
    [property: JsonPropertyName("encode_floor_ms")] IReadOnlyDictionary<string, double> EncodeFloorMs,
    [property: JsonPropertyName("decode_ms_per_token")] IReadOnlyDictionary<string, double> DecodeMsPerToken,
    [property: JsonPropertyName("decode_floor_ms_per_token")] IReadOnlyDictionary<string, double> DecodeFloorMsPerToken);
