# Words by frequency, and the sum of their lengths.
{
  for (i = 1; i <= NF; i++) {
    count[$i]++
    letters += length($i)
  }
  gsub(/a[a-z]/, "<&>")
  changed += length($0)
}
END {
  for (word in count) if (count[word] > best || count[word] == best && word < name) { best = count[word]; name = word }
  print NR, letters, changed, name, best
}
