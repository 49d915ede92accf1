using Speech.Models.Nllb;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Tests.Nllb;

/// <summary>The same model from its other file: a repository that has only a PyTorch checkpoint.</summary>
public sealed class CheckpointFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(WeightFormat.Single, 300)]
    [InlineData(WeightFormat.Half, 299)]
    [InlineData(WeightFormat.Int8Rows, 295)]
    public void A_folder_with_a_PyTorch_checkpoint_translates_in_every_format(WeightFormat format, int same)
    {
        foreach (var file in Directory.EnumerateFiles(Checkout.Path("shared/models/nano-nllb")).Where(file => !file.EndsWith(
            ".safetensors", StringComparison.Ordinal)))
            File.Copy(file, _folder.File(Path.GetFileName(file)));
        File.Copy(Checkout.Path("tests/references/nano-nllb/pytorch_model.bin"), _folder.File("pytorch_model.bin"));
        using var device = new CpuDevice(threads: 1);
        using var model = NllbModel.Load(_folder.Path, device, format);
        using var engine = new NllbEngine(model, sequences: 32);
        var references = NanoNllbModel.References("translation-reference.jsonl");

        var ours = engine.Translate(
            [.. references.Select(reference => model.Prepare(reference.Src, reference.SrcLang, reference.TgtLang))]);

        // Rounding the weights changes a word now and then.
        ours.Zip(references).Count(pair => pair.First.Text == pair.Second.GreedyText).ShouldBeGreaterThanOrEqualTo(same);
    }
}
