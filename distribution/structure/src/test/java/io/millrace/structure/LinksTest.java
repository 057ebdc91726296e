package io.millrace.structure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Links between the project's pages lead somewhere. */
class LinksTest {

    private static final Path PROJECT = Path.of("../..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("(?ms)^```.*?^```|`[^`\\n]*`");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");

    @TempDir
    Path folder;

    @Test
    void everyLinkLeadsToAFileAndItsHeading() throws IOException {
        List<Path> pages = pages(PROJECT);
        assertThat(pages).contains(PROJECT.resolve("README.md"), PROJECT.resolve("docs/architecture.md"));
        List<String> broken = new ArrayList<>();
        for (Path page : pages) {
            broken.addAll(broken(page));
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void linksThatLeadNowhereAreFound() throws IOException {
        Path page = folder.resolve("page.md");
        Files.writeString(page, "# One thing\n[a](page.md#one-thing) [b](absent.md) [c](#another) [d](https://example.org) `[e](code.md)`\n");
        assertThat(broken(page)).containsExactly("page.md: absent.md", "page.md: #another");
    }

    private static List<String> broken(Path page) throws IOException {
        List<String> broken = new ArrayList<>();
        String text = CODE.matcher(Files.readString(page)).replaceAll("");
        for (String link : LINK.matcher(text).results().map(found -> found.group(1)).toList()) {
            if (!link.matches("[a-z]+:.*") && !leadsSomewhere(page, link)) {
                broken.add(page.getFileName() + ": " + link);
            }
        }
        return broken;
    }

    private static boolean leadsSomewhere(Path page, String link) throws IOException {
        int mark = link.indexOf('#');
        String file = mark < 0 ? link : link.substring(0, mark);
        Path target = file.isEmpty() ? page : page.resolveSibling(file);
        return Files.exists(target) && (mark < 0 || headings(target).contains(link.substring(mark + 1)));
    }

    /** As they are linked to. */
    private static Set<String> headings(Path page) throws IOException {
        return HEADING.matcher(Files.readString(page)).results()
                .map(found -> found.group(1).toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-')).collect(Collectors.toSet());
    }

    private static List<Path> pages(Path project) throws IOException {
        List<Path> pages = new ArrayList<>();
        Files.walkFileTree(project, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path entered, BasicFileAttributes attributes) {
                String name = entered.getFileName().toString();
                return name.equals("target") || name.startsWith(".") ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(".md")) {
                    pages.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return pages;
    }
}
