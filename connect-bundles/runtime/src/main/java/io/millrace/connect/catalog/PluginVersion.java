package io.millrace.connect.catalog;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A version, ordered as Maven orders versions, which is what KIP-891 asks for: numbers by value, {@code alpha < beta < milestone < rc < snapshot}
 * before the release, other words after it; zeros at the end and before a word mean nothing.
 */
final class PluginVersion implements Comparable<PluginVersion> {

    private static final List<String> QUALIFIERS = List.of("alpha", "beta", "milestone", "rc", "snapshot", "", "sp");
    private static final int RELEASE = QUALIFIERS.indexOf("");

    private sealed interface Part permits Number, Word {}

    private record Number(BigInteger value) implements Part {}

    private record Word(String text) implements Part {
        private int rank() {
            int known = QUALIFIERS.indexOf(text);
            return known < 0 ? QUALIFIERS.size() : known;
        }
    }

    private final String text;
    private final List<Part> parts;

    PluginVersion(String text) {
        this.text = text;
        this.parts = parts(text.toLowerCase(Locale.ROOT));
    }

    private static List<Part> parts(String text) {
        List<Part> parts = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int end = at;
            boolean digits = Character.isDigit(text.charAt(at));
            while (end < text.length() && Character.isLetterOrDigit(text.charAt(end)) && Character.isDigit(text.charAt(end)) == digits) {
                end++;
            }
            if (end > at) {
                String part = text.substring(at, end);
                if (digits) {
                    parts.add(new Number(new BigInteger(part)));
                } else {
                    trim(parts);
                    parts.add(new Word(normal(part, end < text.length() && Character.isDigit(text.charAt(end)))));
                }
                at = end;
            } else {
                at++;
            }
        }
        trim(parts);
        return parts;
    }

    private static void trim(List<Part> parts) {
        while (!parts.isEmpty() && isNothing(parts.getLast())) {
            parts.removeLast();
        }
    }

    private static String normal(String word, boolean beforeDigit) {
        return switch (word) {
            case "ga", "final", "release" -> "";
            case "cr" -> "rc";
            case "a" -> beforeDigit ? "alpha" : word;
            case "b" -> beforeDigit ? "beta" : word;
            case "m" -> beforeDigit ? "milestone" : word;
            default -> word;
        };
    }

    private static boolean isNothing(Part part) {
        return switch (part) {
            case Number number -> number.value().signum() == 0;
            case Word word -> word.text().isEmpty();
        };
    }

    @Override
    public int compareTo(PluginVersion other) {
        for (int i = 0; i < Math.max(parts.size(), other.parts.size()); i++) {
            int order = compare(i < parts.size() ? parts.get(i) : null, i < other.parts.size() ? other.parts.get(i) : null);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static int compare(Part one, Part other) {
        if (one == null) {
            return other == null ? 0 : -compare(other, null);
        }
        return switch (one) {
            case Number number -> switch (other) {
                case Number second -> number.value().compareTo(second.value());
                case Word _ -> 1;
                case null -> number.value().signum();
            };
            case Word word -> switch (other) {
                case Number _ -> -1;
                case Word second -> word.rank() != second.rank() ? Integer.compare(word.rank(), second.rank()) : word.text().compareTo(second.text());
                case null -> Integer.compare(word.rank(), RELEASE);
            };
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PluginVersion version && compareTo(version) == 0;
    }

    @Override
    public int hashCode() {
        return Objects.hash(parts);
    }

    @Override
    public String toString() {
        return text;
    }
}
