using System.Buffers.Binary;

namespace Speech.Models.Tests;

/// <summary>The checkout's recordings: WAV, 16 kHz, mono, 16 bits, 44 bytes of header.</summary>
internal static class Recording
{
    public static float[] Read(string relativePath)
    {
        var bytes = File.ReadAllBytes(Checkout.Path(relativePath)).AsSpan();
        BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]).ShouldBe(16000);
        bytes.Slice(36, 4).SequenceEqual("data"u8).ShouldBeTrue($"{relativePath} has an unusual header");

        var samples = new float[BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]) / 2];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = BinaryPrimitives.ReadInt16LittleEndian(bytes[(44 + 2 * i)..]) / 32768f;
        return samples;
    }
}
