using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Speech.Tensors.Files;

namespace Speech.Tensors.Tests.Files;

/// <summary>The files of nano-nllb, which PyTorch and safetensors themselves wrote: whole, in shards, damaged.</summary>
public sealed class NanoNllbWeightsTests : IDisposable
{
    private static readonly string Safetensors = Checkout.Path("shared/models/nano-nllb/model.safetensors");
    private static readonly string Checkpoint = Checkout.Path("tests/references/nano-nllb/pytorch_model.bin");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Both_files_give_bitwise_the_same_tensors()
    {
        using var safetensors = WeightFile.Open(Path.GetDirectoryName(Safetensors)!);
        using var checkpoint = WeightFile.Open(Checkpoint);
        string[] aliases = ["model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight"];

        safetensors.Path.ShouldBe(Safetensors);
        checkpoint.Tensors.Keys.Except(safetensors.Tensors.Keys).Order().ShouldBe(aliases.Order());
        foreach (var (name, tensor) in checkpoint.Tensors)
        {
            var same = safetensors[aliases.Contains(name) ? "model.shared.weight" : name];
            same.Shape.ShouldBe(tensor.Shape, name);
            MemoryMarshal.AsBytes(same.AsSingle()).SequenceEqual(MemoryMarshal.AsBytes(tensor.AsSingle())).ShouldBeTrue(name);
        }

        safetensors.Tensors.Values.Sum(tensor => tensor.Length).ShouldBe(1_259_776);
    }

    [Theory]
    [InlineData("safetensors", "model.safetensors.index.json")]
    [InlineData("bin", "pytorch_model.bin.index.json")]
    public void Shards_are_one_file(string kind, string index)
    {
        var map = WriteShards(kind);
        File.WriteAllText(_folder.File(index), JsonSerializer.Serialize(new { metadata = new { total_size = 5 }, weight_map = map }));

        using var whole = WeightFile.Open(Safetensors);
        using var shards = WeightFile.Open(_folder.Path);

        shards.Path.ShouldBe(_folder.File(index));
        shards.Tensors.Keys.Order().ShouldBe(map.Keys.Order());
        foreach (var (name, tensor) in shards.Tensors)
            tensor.ToSingles().ShouldBe(whole[name].ToSingles());
    }

    [Theory]
    [InlineData("""{"weight_map":{"model.shared.weight":"../model-1.safetensors"}}""", "file beside it")]
    [InlineData("""{"weight_map":{"model.shared.weight":"/etc/passwd"}}""", "file beside it")]
    [InlineData("""{"weight_map":{"model.shared.weight":".."}}""", "file beside it")]
    [InlineData("""{"weight_map":{"model.shared.weight":"a\\b"}}""", "file beside it")]
    [InlineData("""{"weight_map":{"model.shared.weight":""}}""", "file beside it")]
    [InlineData("""{"weight_map":{"model.shared.weight":"model-3.safetensors"}}""", "no such file")]
    [InlineData("""{"weight_map":{"nobody.weight":"model-1.safetensors"}}""", "it is not")]
    [InlineData("""{"weight_map":{"a":"model-1.safetensors","a":"model-1.safetensors"}}""", "twice")]
    [InlineData("""{"weight_map":{"a":1}}""", "not an index")]
    [InlineData("""{"weight_map":[]}""", "not an index")]
    [InlineData("""{"weights":{}}""", "not an index")]
    [InlineData("""[]""", "not an index")]
    [InlineData("""{"weight_map":""", "not an index")]
    public void An_index_that_is_wrong_or_leaves_its_folder_is_refused(string json, string problem)
    {
        WriteShards("safetensors");
        File.WriteAllText(_folder.File("model.safetensors.index.json"), json);

        Should.Throw<ModelFileException>(() => WeightFile.Open(_folder.Path)).Message.ShouldContain(problem);
    }

    [Fact]
    public void A_folder_without_weights_says_what_it_lacks()
    {
        Should.Throw<ModelFileException>(() => WeightFile.Open(_folder.Path)).Message.ShouldContain("model.safetensors, ");
        Should.Throw<ModelFileException>(() => WeightFile.Open(_folder.File("none"))).Message.ShouldContain("no such file");
    }

    [Fact]
    public void Data_is_out_of_reach_once_the_file_is_disposed()
    {
        var file = WeightFile.Open(Safetensors);
        var tensor = file["model.shared.weight"];
        file.Dispose();
        file.Dispose();
        Should.Throw<ObjectDisposedException>(() => tensor.ToSingles());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Real_files_cut_anywhere_are_refused(bool checkpoint)
    {
        var path = Copy(checkpoint);
        var length = new FileInfo(path).Length;
        var random = new Random(1);
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        foreach (var cut in Enumerable.Range(0, 300).Select(i => i < 100
            ? length - 1 - i : random.NextInt64(length)).Distinct().OrderDescending())
        {
            file.SetLength(cut);
            Should.Throw<ModelFileException>(() => WeightFile.Open(path), $"cut to {cut}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Mutations_of_real_files_open_or_fail_with_the_one_exception(bool checkpoint)
    {
        const int Rounds = 3000;
        var path = Copy(checkpoint);
        var original = File.ReadAllBytes(path);
        int[] temptations = [0, 1, -1, int.MaxValue, int.MinValue, 0x28, 0x2e, 257];
        // Where the structure is: safetensors' header; the pickle and the directory of an archive.
        (int Start, int Length)[] structure = checkpoint
            ? [(0, 14_000), (original.Length - 8_000, 8_000)]
            : [(0, 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(original))];
        var random = new Random(2);
        var opened = 0;
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        for (var round = 0; round < Rounds; round++)
        {
            var changes = new List<(int At, byte[] Bytes)>();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var (start, length) = structure[random.Next(structure.Length)];
                var at = start + random.Next(length - sizeof(int));
                var bytes = original.AsSpan(at, sizeof(int)).ToArray();
                if (random.Next(3) > 0)
                    bytes[0] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)(bytes[0] ^ (1 << random.Next(8)));
                else
                    BinaryPrimitives.WriteInt32LittleEndian(bytes, temptations[random.Next(temptations.Length)]);
                changes.Add((at, bytes));
            }

            foreach (var (at, bytes) in changes)
                Write(file, at, bytes);
            opened += TryRead(path) ? 1 : 0;
            foreach (var (at, bytes) in changes)
                Write(file, at, original.AsSpan(at, bytes.Length));
        }

        opened.ShouldBeInRange(1, Rounds - 1);
        TryRead(path).ShouldBeTrue();
    }

    private static bool TryRead(string path)
    {
        try
        {
            using var file = WeightFile.Open(path);
            foreach (var tensor in file.Tensors.Values.Where(tensor => tensor.Type != ElementType.Other && tensor.Rows > 0))
            {
                var row = new float[tensor.Columns];
                tensor.ReadRows(0, 1, row);
                tensor.ReadRows(tensor.Rows - 1, 1, row);
            }

            return true;
        }
        catch (ModelFileException)
        {
            return false;
        }
    }

    private static void Write(FileStream file, int at, ReadOnlySpan<byte> bytes)
    {
        file.Position = at;
        file.Write(bytes);
    }

    private string Copy(bool checkpoint)
    {
        var path = _folder.File("copy");
        File.Copy(checkpoint ? Checkpoint : Safetensors, path);
        return path;
    }

    /// <summary>Two shards of a few of the model's tensors.</summary>
    private Dictionary<string, string> WriteShards(string kind)
    {
        using var whole = WeightFile.Open(Safetensors);
        var map = new Dictionary<string, string>();
        foreach (var shard in (int[])[1, 2])
        {
            var tensors = whole.Tensors.Values.Where((_, i) => i < 40 && i % 2 == shard - 1).ToList();
            var name = $"model-{shard}.{kind}";
            foreach (var tensor in tensors)
                map.Add(tensor.Name, name);
            File.WriteAllBytes(_folder.File(name), kind == "bin" ? ToCheckpoint(tensors) : ToSafetensors(tensors));
        }

        return map;
    }

    private static byte[] ToSafetensors(List<WeightTensor> tensors) =>
        SafetensorsWriter.File(
            [.. tensors.Select(tensor => (tensor.Name, "F32", tensor.Shape, MemoryMarshal.AsBytes(tensor.AsSingle()).ToArray()))]);

    private static byte[] ToCheckpoint(List<WeightTensor> tensors) => CheckpointWriter.ZipOf(
        [.. tensors.Select((tensor, i) => new StoredTensor(
            tensor.Name, "FloatStorage", $"{i}", tensor.Length, 0, [.. tensor.Shape.Select(dimension => (long)dimension)],
            WeightTensor.Contiguous(tensor.Shape)))],
        [.. tensors.Select((tensor, i) => ($"{i}", MemoryMarshal.AsBytes(tensor.AsSingle()).ToArray()))]);
}
