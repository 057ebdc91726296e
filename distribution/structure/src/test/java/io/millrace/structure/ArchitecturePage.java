package io.millrace.structure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What docs/architecture.md promises in its tables. */
final class ArchitecturePage {

    private static final Path PAGE = Path.of("../../docs/architecture.md");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    private ArchitecturePage() {
    }

    /** @return bundle to those it may use, by the names of the page's first table */
    static Map<String, List<String>> bundles() {
        Map<String, List<String>> bundles = new LinkedHashMap<>();
        for (List<String> cells : table("| folder | bundle |")) {
            List<String> named = code(cells.get(1));
            if (!named.isEmpty() && named.getFirst().startsWith("io.millrace.")) {
                bundles.put(named.getFirst(), List.of(cells.get(3).split(", ")));
            }
        }
        return bundles;
    }

    /** @return bundle to its packages, from the top */
    static Map<String, List<String>> packages() {
        Map<String, List<String>> packages = new LinkedHashMap<>();
        table("| bundle | packages").forEach(cells -> packages.put(code(cells.getFirst()).getFirst(), code(cells.get(1))));
        return packages;
    }

    private static List<String> code(String cell) {
        return CODE.matcher(cell).results().map(found -> found.group(1)).toList();
    }

    private static List<List<String>> table(String head) {
        List<List<String>> rows = new ArrayList<>();
        boolean inside = false;
        for (String line : lines()) {
            if (line.startsWith(head)) {
                inside = true;
            } else if (inside && !line.startsWith("|")) {
                break;
            } else if (inside && !line.startsWith("|---")) {
                rows.add(Pattern.compile("[^|]+").matcher(line).results().map(MatchResult::group).map(String::strip).toList());
            }
        }
        if (rows.isEmpty()) {
            throw new IllegalStateException(PAGE + " has no table that begins with '" + head + "'");
        }
        return rows;
    }

    private static List<String> lines() {
        try {
            return Files.readAllLines(PAGE);
        } catch (IOException absent) {
            throw new UncheckedIOException(absent);
        }
    }
}
