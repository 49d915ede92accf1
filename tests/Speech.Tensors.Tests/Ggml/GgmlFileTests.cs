using System.Buffers.Binary;
using Speech.Tensors.Ggml;

namespace Speech.Tensors.Tests.Ggml;

public sealed class GgmlFileTests : IDisposable
{
    private readonly TemporaryFile _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Header_and_tensors_come_back_as_written()
    {
        var values = Enumerable.Range(0, 3 * 64).Select(i => i / 64f).ToArray();
        Write(writer =>
        {
            writer.Write(7);
            writer.Write([1.5f, -2f]);
            writer.WriteTensor("a.weight", GgmlType.F32, [3, 64], values);
            writer.WriteTensor("b.weight", GgmlType.F16, [2, 3, 32], values);
            writer.WriteTensor("c.weight", GgmlType.Q8_0, [3, 64], values);
            writer.WriteTensor("d.bias", GgmlType.F32, [], [42f]);
        });

        using var file = GgmlFile.Open(
            _temporary.Path, reader => (reader.ReadInt32("a number"), reader.ReadSingles(2, "two numbers")), out var header);

        header.Item1.ShouldBe(7);
        header.Item2.ShouldBe([1.5f, -2f]);
        file.Tensors.Count.ShouldBe(4);
        file["a.weight"].AsSingle().ToArray().ShouldBe(values);
        file["b.weight"].Shape.ShouldBe([2, 3, 32]);
        file["b.weight"].Rows.ShouldBe(6);
        file["b.weight"].AsHalf()[65].ShouldBe((Half)(65 / 64f));
        file["b.weight"].ToSingles().ShouldBe(values.Select(value => (float)(Half)value));
        file["d.bias"].ToSingles().ShouldBe([42f]);

        var all = file["c.weight"].ToSingles();
        var rows = new float[128];
        file["c.weight"].Dequantize(1, 2, rows);
        rows.ShouldBe(all[64..]);
        Should.Throw<ArgumentOutOfRangeException>(() => file["c.weight"].RowData(2, 2));
        Should.Throw<InvalidOperationException>(() => file["c.weight"].AsHalf());
        file.Get("a.weight", 3, 64).Length.ShouldBe(192);
        Should.Throw<ModelFileException>(() => file.Get("a.weight", 64, 3)).TensorName.ShouldBe("a.weight");
        Should.Throw<ModelFileException>(() => file["e"]).TensorName.ShouldBe("e");
    }

    [Fact]
    public void Data_is_out_of_reach_once_the_file_is_disposed()
    {
        Write(writer => writer.WriteTensor("a", GgmlType.F32, [1], [1f]));
        var file = Open();
        var tensor = file["a"];
        file.Dispose();
        file.Dispose();

        Should.Throw<ObjectDisposedException>(() => tensor.ToSingles());
    }

    [Fact]
    public void A_missing_an_empty_and_a_foreign_file_are_named_as_such()
    {
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("no such file");
        File.WriteAllBytes(_temporary.Path, []);
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("empty");
        File.WriteAllBytes(_temporary.Path, [1, 2]);
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("magic");
        File.WriteAllBytes(_temporary.Path, "GGUF and so on"u8.ToArray());
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("not a ggml file");
        Should.Throw<ModelFileException>(() => GgmlFile.Open(Path.GetTempPath(), _ => 0, out var _));
    }

    public static TheoryData<string, int[], string> HostileRecords { get; } = new()
    {
        // n_dims, name length, type, dims ...; the name "x" and no data follow
        { "too many dimensions", [5, 1, 0, 1, 1, 1, 1, 1], "number of dimensions" },
        { "negative dimensions", [-1, 1, 0], "number of dimensions" },
        { "no name", [1, 0, 0, 1], "length of a tensor's name" },
        { "a name of two billion bytes", [1, int.MaxValue, 0, 1], "length of a tensor's name" },
        { "a type of K-quants", [1, 1, 12, 256], "type 12" },
        { "a type from nowhere", [1, 1, -3, 1], "type -3" },
        { "a dimension of zero", [2, 1, 0, 4, 0], "impossible" },
        { "a negative dimension", [1, 1, 0, -4], "impossible" },
        { "a product beyond 64 bits", [4, 1, 0, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue], "impossible" },
        { "a product that wraps to something small", [3, 1, 0, 65536, 65536, 65536], "impossible" },
        { "more than 2 GiB", [1, 1, 0, int.MaxValue], "2 GiB" },
        { "half a block", [1, 1, 8, 48], "whole Q8_0 blocks" },
        { "more data than the file", [1, 1, 0, 100], "ends inside its data" },
    };

    [Theory]
    [MemberData(nameof(HostileRecords))]
    public void A_hostile_record_is_refused(string what, int[] record, string problem)
    {
        Write(writer =>
        {
            foreach (var value in record)
                writer.Write(value);
            writer.Write("x"u8);
        });

        var error = Should.Throw<ModelFileException>(Open, what);
        error.Message.ShouldContain(problem);
        error.Message.ShouldContain(_temporary.Path);
    }

    [Fact]
    public void A_name_that_occurs_twice_is_refused()
    {
        Write(writer =>
        {
            writer.WriteTensor("twin", GgmlType.F32, [1], [1f]);
            writer.WriteTensor("twin", GgmlType.F32, [1], [1f]);
        });

        Should.Throw<ModelFileException>(Open).TensorName.ShouldBe("twin");
    }

    [Fact]
    public void A_name_that_is_no_text_is_refused()
    {
        Write(writer => writer.WriteTensor("evil\n", GgmlType.F32, [1], [1f]));

        Should.Throw<ModelFileException>(Open).Message.ShouldContain("plain text");
    }

    [Fact]
    public void A_file_cut_anywhere_opens_only_between_records()
    {
        Write(writer =>
        {
            writer.WriteTensor("a", GgmlType.F32, [2], [1f, 2f]);
            writer.WriteTensor("b", GgmlType.Q4_0, [32], new float[32]);
        });
        var bytes = File.ReadAllBytes(_temporary.Path);
        int[] whole = [4, 29, bytes.Length];

        for (var length = 1; length <= bytes.Length; length++)
        {
            File.WriteAllBytes(_temporary.Path, bytes[..length]);
            if (whole.Contains(length))
                Open().Dispose();
            else
                Should.Throw<ModelFileException>(Open, $"cut to {length}");
        }
    }

    [Fact]
    public void Mutated_files_open_or_fail_with_the_one_exception()
    {
        Write(writer =>
        {
            writer.WriteTensor("first.weight", GgmlType.F16, [2, 32], new float[64]);
            writer.WriteTensor("second.weight", GgmlType.Q5_1, [1, 32], new float[32]);
            writer.WriteTensor("third.bias", GgmlType.F32, [], [1f]);
        });
        var original = File.ReadAllBytes(_temporary.Path);
        int[] temptations = [0, 1, -1, int.MaxValue, int.MinValue, 5, 31, 257];
        var random = new Random(3);
        var opened = 0;

        for (var round = 0; round < 3000; round++)
        {
            var bytes = original.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var at = random.Next(4, bytes.Length - 4);
                if (random.Next(2) == 0)
                    bytes[at] = (byte)random.Next(256);
                else
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), temptations[random.Next(temptations.Length)]);
            }

            File.WriteAllBytes(_temporary.Path, bytes);
            try
            {
                using var file = Open();
                foreach (var tensor in file.Tensors.Values)
                    tensor.ToSingles().Length.ShouldBe(tensor.Length);
                opened++;
            }
            catch (ModelFileException)
            {
            }
        }

        opened.ShouldBeInRange(1, 2999);
    }

    private GgmlFile Open() => GgmlFile.Open(_temporary.Path, _ => 0, out var _);

    private void Write(Action<GgmlWriter> write)
    {
        using var writer = new GgmlWriter(File.Create(_temporary.Path));
        write(writer);
    }
}
