using System.Globalization;
using System.Text.Json;

namespace Speech.Models.Tests.Nllb;

/// <summary>Held against Google's SentencePiece, with which the reference files were written.</summary>
public class TokenizerReferenceTests
{
    [Fact]
    public void Every_reference_text_has_the_ids_and_pieces_of_the_original()
    {
        var lines = File.ReadLines(Checkout.Path("tests/references/tokenizer-reference.tsv")).Skip(1).ToArray();
        lines.Length.ShouldBe(288);
        foreach (var fields in lines.Select(line => line.Split('\t')))
        {
            var text = JsonSerializer.Deserialize<string>(fields[1])!;
            var ids = fields[2].Split(' ').Select(id => int.Parse(id, CultureInfo.InvariantCulture));

            NanoNllb.Tokenizer.Encode(text, fields[0]).ShouldBe(ids, fields[1]);
            NanoNllb.SentencePiece.EncodeAsPieces(text).ShouldBe(JsonSerializer.Deserialize<string[]>(fields[3])!, fields[1]);
        }
    }

    [Theory]
    [InlineData("translation-reference.jsonl", 300)]
    [InlineData("translation-reference-hard.jsonl", 60)]
    public void Every_reference_translation_encodes_to_and_decodes_from_its_ids(string file, int count)
    {
        var lines = File.ReadLines(Checkout.Path($"tests/references/{file}")).ToArray();
        lines.Length.ShouldBe(count);
        foreach (var line in lines)
        {
            using var document = JsonDocument.Parse(line);
            var reference = document.RootElement;
            string Text(string name) => reference.GetProperty(name).GetString()!;
            int[] Ids(string name) => [.. reference.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];

            NanoNllb.Tokenizer.Encode(Text("src"), Text("src_lang")).ShouldBe(Ids("src_ids"));
            NanoNllb.Tokenizer.Decode(Ids("greedy_ids")).ShouldBe(Text("greedy_text"));
            NanoNllb.Tokenizer.Decode(Ids("beam4_ids")).ShouldBe(Text("beam4_text"));
        }
    }
}
