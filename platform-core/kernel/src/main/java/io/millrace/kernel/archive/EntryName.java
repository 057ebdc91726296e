package io.millrace.kernel.archive;

/** The rule for names inside archives: relative, and never above the archive's root. */
final class EntryName {

    private EntryName() {}

    static void check(String archive, String name) throws ArchiveException {
        boolean outside = name.isEmpty() || name.startsWith("/") || name.contains("\\") || name.indexOf('\0') >= 0
                || name.matches("^[A-Za-z]:.*");
        for (String part : name.split("/")) {
            outside |= part.equals("..");
        }
        if (outside) {
            throw new ArchiveException(archive + ": entry '" + name + "' points outside of the archive; the file is not to be trusted");
        }
    }

    static String fileName(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }
}
