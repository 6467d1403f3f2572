// One HTML file with everything in it: style, tables and pictures. It is opened from a disk or a mail, so it loads nothing.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Text;

namespace Crime.Cli.Report;

/// <summary>Puts a page together. Every text is escaped; pictures come as SVG.</summary>
internal sealed class ReportPage
{
    private const string Style = """
        body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
        h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-bottom: 1px solid #ddd }
        table { border-collapse: collapse } td, th { padding: .2rem .9rem .2rem 0; text-align: left; vertical-align: top }
        td.number { text-align: right; font-variant-numeric: tabular-nums }
        figure { margin: 1rem 0; overflow-x: auto } figcaption, footer { color: #666; font-size: .9rem }
        """;

    private readonly StringBuilder _body = new();
    private readonly string _title;

    /// <summary>Begins a page.</summary>
    public ReportPage(string title, string subtitle)
    {
        _title = title;
        _body.Append(CultureInfo.InvariantCulture, $"<h1>{Escape(title)}</h1>\n<p>{Escape(subtitle)}</p>\n");
    }

    /// <summary>Begins a section.</summary>
    public void Section(string heading, string? text = null)
    {
        _body.Append(CultureInfo.InvariantCulture, $"<h2>{Escape(heading)}</h2>\n");
        if (text != null) Text(text);
    }

    /// <summary>Adds a paragraph.</summary>
    public void Text(string text) => _body.Append(CultureInfo.InvariantCulture, $"<p>{Escape(text)}</p>\n");

    /// <summary>Adds a table of two columns.</summary>
    public void Table(IEnumerable<(string Name, string Value)> rows)
    {
        _body.Append("<table>\n");
        foreach (var (name, value) in rows)
            _body.Append(CultureInfo.InvariantCulture, $"<tr><td>{Escape(name)}</td><td class=\"number\">{Escape(value)}</td></tr>\n");
        _body.Append("</table>\n");
    }

    /// <summary>Adds a table of numbers.</summary>
    /// <param name="names">Names of the columns.</param>
    /// <param name="rows">The cells of each row.</param>
    public void Table(IEnumerable<string> names, IEnumerable<IEnumerable<string>> rows)
    {
        _body.Append("<table>\n<tr>");
        foreach (string name in names) _body.Append(CultureInfo.InvariantCulture, $"<th>{Escape(name)}</th>");
        _body.Append("</tr>\n");
        foreach (IEnumerable<string> row in rows)
        {
            _body.Append("<tr>");
            foreach (string cell in row) _body.Append(CultureInfo.InvariantCulture, $"<td class=\"number\">{Escape(cell)}</td>");
            _body.Append("</tr>\n");
        }
        _body.Append("</table>\n");
    }

    /// <summary>Adds a picture.</summary>
    /// <param name="svg">The picture as an SVG document.</param>
    /// <param name="caption">What it shows; also read out where it cannot be seen.</param>
    public void Figure(string svg, string caption)
    {
        // As an image it cannot clash with the identifiers of another picture on the page.
        string data = Convert.ToBase64String(Encoding.UTF8.GetBytes(svg));
        _body.Append(CultureInfo.InvariantCulture, $"<figure><img src=\"data:image/svg+xml;base64,{data}\" alt=\"{Escape(caption)}\">");
        _body.Append(CultureInfo.InvariantCulture, $"<figcaption>{Escape(caption)}</figcaption></figure>\n");
    }

    /// <summary>The finished page.</summary>
    /// <param name="footer">Who made it, from what.</param>
    public byte[] Finish(string footer) => Encoding.UTF8.GetBytes($"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{Escape(_title)}</title>
        <style>
        {Style}
        </style></head><body>
        {_body}<footer>{Escape(footer)}</footer>
        </body></html>

        """);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
