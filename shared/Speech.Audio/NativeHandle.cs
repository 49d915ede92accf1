using System.Runtime.InteropServices;

namespace Speech.Audio;

/// <summary>An object of a native library, which may not be installed.</summary>
internal abstract class NativeHandle : SafeHandle
{
    /// <param name="library">The library's file.</param>
    /// <param name="package">The Debian package that brings it.</param>
    /// <param name="create">Calls it and checks what it says.</param>
    /// <exception cref="MissingNativeLibraryException">It is not installed.</exception>
    protected NativeHandle(string library, string package, Func<nint> create) : base(0, ownsHandle: true)
    {
        try
        {
            SetHandle(create());
        }
        catch (DllNotFoundException e)
        {
            throw new MissingNativeLibraryException(library, package, e);
        }
    }

    public override bool IsInvalid => handle == 0;
}
