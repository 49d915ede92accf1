using Speech.Tensors;
using Speech.Tensors.Ggml;

namespace Speech.Vad;

/// <summary>Silero VAD's weights in whisper.cpp's ggml format (versions 5 and 6, 16 kHz). The header describes the one architecture there
/// is, so every number in it is checked rather than used:
/// <code>
/// magic | string name | i32 version[3] | i32 window, context | i32 layers, each i32 in, out, kernel | i32 lstm in, hidden | i32 final in,
/// out
/// </code></summary>
/// <remarks>Source: whisper.cpp <c>whisper_vad_init</c> and <c>models/convert-silero-vad-to-ggml.py</c>.</remarks>
internal static class SileroVadFile
{
    private const int MaximumNameLength = 64;

    /// <exception cref="ModelFileException">The file is missing, damaged or of another model.</exception>
    public static GgmlFile Open(string path) => GgmlFile.Open(path, ReadHeader, out _);

    private static bool ReadHeader(GgmlReader reader)
    {
        var name = reader.ReadBytes(reader.ReadInt32("the length of the model's name", 1, MaximumNameLength), "the model's name");
        if (!name.SequenceEqual("silero-16k"u8))
            throw reader.Error("it is not the 16 kHz Silero VAD model; use ggml-silero-v6.2.0.bin.");
        reader.ReadBytes(3 * sizeof(int), "the version");

        Expect("the window's length", SileroVad.WindowLength);
        Expect("the context's length", SileroVad.ContextLength);
        Expect("the number of encoder layers", SileroVad.EncoderLayers.Length);
        foreach (var layer in SileroVad.EncoderLayers)
        {
            Expect("an encoder layer's inputs", layer.Inputs);
            Expect("an encoder layer's outputs", layer.Outputs);
            Expect("an encoder layer's kernel", SileroVad.KernelSize);
        }

        Expect("the LSTM's inputs", SileroVad.HiddenSize);
        Expect("the LSTM's hidden size", SileroVad.HiddenSize);
        Expect("the last layer's inputs", SileroVad.HiddenSize);
        Expect("the last layer's outputs", 1);
        return true;

        void Expect(string what, int value) => reader.ReadInt32(what, value, value);
    }
}
