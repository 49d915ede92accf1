namespace Speech.Audio.Tests;

public sealed class MissingNativeLibraryTests
{
    [Fact]
    public void The_error_names_the_library_and_the_package_that_brings_it()
    {
        var error = new MissingNativeLibraryException("libopus.so.0", "libopus0");
        error.Message.ShouldContain("libopus.so.0");
        error.Message.ShouldContain("apt-get install libopus0");
    }
}
