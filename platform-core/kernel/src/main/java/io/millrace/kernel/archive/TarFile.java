package io.millrace.kernel.archive;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The entries of a tar stream: ustar, GNU long names, pax paths and sizes. Links and devices are skipped, for no plugin needs them. */
final class TarFile {

    private static final int BLOCK = 512;
    private static final int LONGEST_NAME = 64 * 1024;

    private final String archive;
    private final InputStream in;
    private long left;
    private int padding;

    TarFile(String archive, InputStream in) {
        this.archive = archive;
        this.in = in;
    }

    /** @return the next plain file's name, or null at the end; its content is then {@link #content} */
    String next() throws IOException {
        String longName = null;
        long longSize = -1;
        while (true) {
            in.skipNBytes(left + padding);
            byte[] header = in.readNBytes(BLOCK);
            if (header.length == 0 || allZero(header)) {
                return null;
            }
            if (header.length < BLOCK) {
                throw new EOFException();
            }
            checkSum(header);
            long size = longSize >= 0 ? longSize : number(header, 124, 12);
            if (size < 0) {
                throw new ArchiveException(archive + ": a tar header gives a negative size; the file is corrupt, get it again");
            }
            left = size;
            padding = (int) ((BLOCK - size % BLOCK) % BLOCK);
            switch (header[156]) {
                case 'L' -> longName = text(smallContent(), 0, (int) size);
                case 'x' -> {
                    byte[] pax = smallContent();
                    String path = paxValue(pax, "path");
                    longName = path != null ? path : longName;
                    String paxSize = paxValue(pax, "size");
                    longSize = paxSize != null ? Long.parseLong(paxSize) : -1;
                }
                case 0, '0', '7' -> {
                    return longName != null ? longName : shortName(header);
                }
                default -> {
                    longName = null;
                    longSize = -1;
                }
            }
        }
    }

    /** The content of the entry last returned. */
    InputStream content() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                if (left == 0) {
                    return -1;
                }
                int read = in.read(target, offset, (int) Math.min(length, left));
                if (read < 0) {
                    throw new EOFException();
                }
                left -= read;
                return read;
            }
        };
    }

    private byte[] smallContent() throws IOException {
        if (left > LONGEST_NAME) {
            throw new ArchiveException(archive + ": a file name of " + left + " bytes; the file is corrupt, get it again");
        }
        byte[] content = in.readNBytes((int) left);
        if (content.length < left) {
            throw new EOFException();
        }
        left = 0;
        return content;
    }

    private void checkSum(byte[] header) throws ArchiveException {
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
        }
        if (sum != number(header, 148, 8)) {
            throw new ArchiveException(archive + ": a tar header fails its checksum; the file is corrupt, get it again");
        }
    }

    private static String shortName(byte[] header) {
        String name = text(header, 0, 100);
        boolean ustar = text(header, 257, 5).equals("ustar") && header[262] == 0;
        String prefix = ustar ? text(header, 345, 155) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    private static long number(byte[] header, int offset, int length) {
        long value = 0;
        if ((header[offset] & 0x80) != 0) {
            for (int i = offset + 1; i < offset + length; i++) {
                value = value << 8 | header[i] & 0xff;
            }
            return value;
        }
        for (int i = offset; i < offset + length; i++) {
            if (header[i] >= '0' && header[i] <= '7') {
                value = value * 8 + header[i] - '0';
            }
        }
        return value;
    }

    private static String text(byte[] bytes, int offset, int length) {
        int end = offset;
        while (end < offset + length && end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, offset, end - offset, StandardCharsets.UTF_8);
    }

    private static String paxValue(byte[] pax, String key) {
        for (String line : new String(pax, StandardCharsets.UTF_8).split("\n")) {
            int space = line.indexOf(' ');
            if (space > 0 && line.startsWith(key + "=", space + 1)) {
                return line.substring(space + key.length() + 2);
            }
        }
        return null;
    }

    private static boolean allZero(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }
}
